SELECT position, stream, version, kind, time, metadata, data
FROM orderflow_events.events
WHERE stream = (SELECT id FROM orderflow_events.streams WHERE name = $1) AND version > $2
ORDER BY version
LIMIT $3
