SELECT at.position, v.*
FROM (SELECT (SELECT position FROM orderflow_views.positions WHERE view = 'orders') AS position) at
LEFT JOIN (
    SELECT v.status, v.fulfilment, v.payment, count(*), count(v.on_hold)
    FROM orderflow_views.orders v
    WHERE v.tenant = $1::text
    GROUP BY v.status, v.fulfilment, v.payment
) v ON true
