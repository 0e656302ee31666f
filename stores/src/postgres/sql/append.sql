SELECT before, outcomes, ids, changed
FROM orderflow_events.append($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
