INSERT INTO workers (worker, expires_at) VALUES ($1, clock_timestamp() + $2 * interval '1 millisecond')
ON CONFLICT (worker) DO UPDATE SET expires_at = excluded.expires_at
