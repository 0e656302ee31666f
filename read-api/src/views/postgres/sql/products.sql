SELECT at.position, v.*
FROM (SELECT (SELECT position FROM orderflow_views.positions WHERE view = 'products') AS position) at
LEFT JOIN (
    SELECT v.sku, v.description, v.price, v.currency, v.status, v.updated_at, v.version
    FROM orderflow_views.products v
    WHERE v.tenant = $1::text AND v.sku > $2::text
    ORDER BY v.sku
    LIMIT $3::bigint
) v ON true
ORDER BY v.sku
