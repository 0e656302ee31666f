SELECT position, stream, version, kind, time, metadata, data
FROM events
WHERE position > ?1 AND position <= ?2 AND kind IN (SELECT value FROM json_each(?3))
ORDER BY position
