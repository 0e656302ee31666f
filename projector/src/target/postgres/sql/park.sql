INSERT INTO parked (view, generation, stream, version, position, kind, reason, parked_at)
SELECT $1, $2, * FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::bigint[])
