CREATE TABLE orderflow_events.events (
    position bigint PRIMARY KEY,
    stream   bigint NOT NULL,
    version  bigint NOT NULL,
    time     bigint NOT NULL,   -- microseconds since 1970-01-01T00:00:00Z
    kind     smallint NOT NULL,
    slice    smallint NOT NULL,
    metadata bytea NOT NULL,    -- JSON, byte by byte as it came
    data     bytea NOT NULL,    -- JSON, byte by byte as it came
    CONSTRAINT events_by_stream UNIQUE (stream, version)
)
