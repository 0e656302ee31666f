-- Views are locked from left to right, and a switch of generations goes through them in the same order.
SELECT at.position, s.*, p.description
FROM (
    SELECT CASE WHEN count(*) = 2 THEN min(position) END AS position
    FROM orderflow_views.positions
    WHERE view IN ('sales_by_product', 'products')
) at
LEFT JOIN (
    orderflow_views.products p
    RIGHT JOIN (
        SELECT v.sku, v.currency, v.orders, v.lines, v.units, v.revenue, v.refunds
        FROM orderflow_views.sales_by_product v
        WHERE v.tenant = $1::text AND v.orders <> 0 AND ($3::text IS NULL OR v.currency = $3::text)
        ORDER BY v.revenue DESC, v.sku, v.currency
        LIMIT $2::bigint
    ) s ON p.tenant = $1::text AND p.sku = s.sku
) ON true
ORDER BY s.revenue DESC, s.sku, s.currency
