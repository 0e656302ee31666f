SELECT id, name FROM orderflow_events.kinds WHERE name = ANY ($1)
