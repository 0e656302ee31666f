SELECT 1 FROM pg_constraint WHERE conname = $1 AND connamespace = 'orderflow_views'::regnamespace
