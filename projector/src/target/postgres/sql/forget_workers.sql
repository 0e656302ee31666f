DELETE FROM workers WHERE expires_at < clock_timestamp()
