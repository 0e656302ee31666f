INSERT INTO followers (name, slice, position) SELECT $1, slice, $3 FROM unnest($2::smallint[]) AS slice ORDER BY slice
ON CONFLICT (name, slice) DO UPDATE SET position = excluded.position
