SELECT pg_advisory_lock(1868985975, $1)
