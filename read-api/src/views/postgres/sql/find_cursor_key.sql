SELECT value FROM orderflow_views.secrets WHERE name = 'cursor_key'
