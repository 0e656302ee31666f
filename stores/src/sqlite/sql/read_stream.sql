SELECT position, stream, version, kind, time, metadata, data
FROM events
WHERE stream = (SELECT id FROM streams WHERE name = ?1) AND version > ?2
ORDER BY version
LIMIT ?3
