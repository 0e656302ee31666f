CREATE TABLE orderflow_views.workers (
    worker text COLLATE "C" PRIMARY KEY,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 20)
