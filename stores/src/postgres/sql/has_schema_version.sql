SELECT to_regclass('orderflow_events.schema_version') IS NOT NULL
