SELECT e.position, e.stream, e.version, e.kind, e.time, e.metadata, e.data
FROM orderflow_events.events e
JOIN orderflow_events.streams s ON s.id = e.stream
WHERE e.position > $1 AND e.position <= $2 AND s.category = $3
ORDER BY e.position
