UPDATE leases SET expires_at = clock_timestamp() + $3 * interval '1 millisecond'
WHERE owner = $1 AND slice = ANY ($2)
