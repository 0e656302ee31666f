CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream   INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    time     INTEGER NOT NULL, -- microseconds since 1970-01-01T00:00:00Z
    metadata TEXT NOT NULL,    -- JSON
    data     TEXT NOT NULL     -- JSON
) STRICT
