SELECT view, generation FROM retired ORDER BY view, generation LIMIT 1 FOR UPDATE SKIP LOCKED
