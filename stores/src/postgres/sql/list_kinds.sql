SELECT id, name FROM orderflow_events.kinds
