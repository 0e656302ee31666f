SELECT view, stream, version, position, kind, reason, parked_at
FROM dead_letters
ORDER BY view, stream, version
LIMIT $1
