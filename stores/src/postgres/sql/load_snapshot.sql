SELECT version, schema, data FROM orderflow_events.snapshots WHERE stream = $1
