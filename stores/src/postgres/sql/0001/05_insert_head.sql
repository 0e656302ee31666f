INSERT INTO orderflow_events.head (position, streams) VALUES (0, 0)
