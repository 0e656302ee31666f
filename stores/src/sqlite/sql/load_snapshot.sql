SELECT version, schema, data FROM snapshots WHERE stream = (SELECT id FROM streams WHERE name = ?1)
