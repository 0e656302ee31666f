SELECT at.position, v.id, v.requested_at, v.order_id, v.status, v.lines, v.carrier, v.tracking, v.failure,
    v.updated_at, v.version
FROM (SELECT (SELECT position FROM orderflow_views.positions WHERE view = 'shipments') AS position) at
LEFT JOIN orderflow_views.shipments v ON v.tenant = $1::text AND v.id = $2::text
