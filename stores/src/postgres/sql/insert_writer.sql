INSERT INTO orderflow_events.writers (id, seen, batch, first, outcomes) VALUES ($1::uuid, now(), 0, 0, '{}')
