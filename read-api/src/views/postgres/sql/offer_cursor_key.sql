INSERT INTO orderflow_views.secrets (name, value) VALUES ('cursor_key', $1) ON CONFLICT (name) DO NOTHING
