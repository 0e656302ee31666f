INSERT OR REPLACE INTO snapshots (stream, version, schema, data) VALUES (?1, ?2, ?3, ?4)
