UPDATE leases SET owner = NULL, expires_at = clock_timestamp() WHERE owner = $1 AND slice = ANY ($2)
