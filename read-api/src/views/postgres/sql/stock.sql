SELECT at.position, v.*
FROM (SELECT (SELECT position FROM orderflow_views.positions WHERE view = 'stock') AS position) at
LEFT JOIN (
    SELECT v.sku, v.on_hand, v.reserved, v.shipped, v.version
    FROM orderflow_views.stock v
    WHERE v.tenant = $1::text AND v.sku > $2::text
    ORDER BY v.sku
    LIMIT $3::bigint
) v ON true
ORDER BY v.sku
