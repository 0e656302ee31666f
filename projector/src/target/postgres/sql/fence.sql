SELECT orderflow_views.fence($1, $2, $3, $4, $5, $6, $7, $8)
