CREATE TABLE orderflow_views.secrets (name text PRIMARY KEY, value bytea NOT NULL)
