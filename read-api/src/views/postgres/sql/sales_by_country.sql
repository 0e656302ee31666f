SELECT at.position, v.*
FROM (SELECT (SELECT position FROM orderflow_views.positions WHERE view = 'sales_by_country') AS position) at
LEFT JOIN (
    SELECT v.country, v.currency, v.orders, v.lines, v.units, v.revenue, v.refunds
    FROM orderflow_views.sales_by_country v
    WHERE v.tenant = $1::text AND (v.country, v.currency) > ($2::text, $3::text)
        AND (v.orders <> 0 OR v.refunds <> 0)
    ORDER BY v.country, v.currency
    LIMIT $4::bigint
) v ON true
ORDER BY v.country, v.currency
