SELECT at.position, v.sku, v.description, v.price, v.currency, v.status, v.updated_at, v.version
FROM (SELECT (SELECT position FROM orderflow_views.positions WHERE view = 'products') AS position) at
LEFT JOIN orderflow_views.products v ON v.tenant = $1::text AND v.sku = $2::text
