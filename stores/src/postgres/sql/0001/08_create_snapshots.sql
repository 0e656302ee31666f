CREATE TABLE orderflow_events.snapshots (
    stream  text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    schema  bigint NOT NULL,
    data    bytea NOT NULL
)
