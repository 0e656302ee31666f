SELECT id, (SELECT max(version) FROM events WHERE stream = streams.id) FROM streams WHERE name = ?1
