INSERT INTO orderflow_events.kinds (name) SELECT unnest($1::text[]) ON CONFLICT (name) DO NOTHING
