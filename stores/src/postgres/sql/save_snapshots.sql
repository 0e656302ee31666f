-- A younger one of the same schema stays.
INSERT INTO orderflow_events.snapshots AS kept (stream, version, schema, data)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[])
ON CONFLICT (stream) DO UPDATE SET version = excluded.version, schema = excluded.schema, data = excluded.data
WHERE kept.version < excluded.version OR kept.schema <> excluded.schema
