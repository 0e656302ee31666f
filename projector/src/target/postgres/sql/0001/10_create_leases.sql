-- The epoch is raised whenever a slice is taken, so a worker that was away finds out whether it lost one meanwhile.
CREATE TABLE orderflow_views.leases (
    slice smallint PRIMARY KEY,
    owner text COLLATE "C",
    epoch bigint NOT NULL,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 20)
