INSERT INTO orderflow_events.schema_version (version) VALUES ($1)
ON CONFLICT (one_row) DO UPDATE SET version = excluded.version
