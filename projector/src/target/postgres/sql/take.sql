INSERT INTO leases (slice, owner, epoch, expires_at)
SELECT slice, $1, epoch, clock_timestamp() + $4 * interval '1 millisecond'
FROM unnest($2::smallint[], $3::bigint[]) AS taken(slice, epoch)
