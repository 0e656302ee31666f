-- The position is left to SQLite, which takes the last one plus one: that saves a look for whether it is taken.
INSERT INTO events (stream, version, kind, time, metadata, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
