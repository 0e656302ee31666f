SELECT tenant, id FROM processes WHERE deadline <= $2 AND process = $1 ORDER BY deadline LIMIT $3
