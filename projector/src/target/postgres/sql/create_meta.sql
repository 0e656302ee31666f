CREATE TABLE IF NOT EXISTS orderflow_views.meta (name text PRIMARY KEY, value bigint NOT NULL)
