SELECT id, name FROM orderflow_events.streams WHERE id = ANY ($1)
