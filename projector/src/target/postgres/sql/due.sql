-- The first of the three is said twice because it is what the index is of.
SELECT deadline, tenant, id FROM processes
WHERE deadline <= $2 AND process = $1 AND deadline >= $4 AND (deadline, tenant, id) > ($4, $5, $6)
ORDER BY deadline, tenant, id LIMIT $3
