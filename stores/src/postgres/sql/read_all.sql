SELECT position, stream, version, kind, time, metadata, data
FROM orderflow_events.events
WHERE position > $1 AND position <= $2
ORDER BY position
