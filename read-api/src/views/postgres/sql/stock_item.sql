SELECT at.position, v.sku, v.on_hand, v.reserved, v.shipped, v.version
FROM (SELECT (SELECT position FROM orderflow_views.positions WHERE view = 'stock') AS position) at
LEFT JOIN orderflow_views.stock v ON v.tenant = $1::text AND v.sku = $2::text
