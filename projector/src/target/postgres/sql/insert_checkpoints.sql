INSERT INTO checkpoints (view, generation, slice, position)
SELECT $1, $2, slice, 0 FROM generate_series(0, $3::integer - 1) AS slice
