INSERT INTO meta (name, value) VALUES ('workers', 1)
ON CONFLICT (name) DO UPDATE SET value = meta.value + 1
RETURNING value
