SELECT value FROM orderflow_views.meta WHERE name = 'schema_version'
