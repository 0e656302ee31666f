SELECT at.position, v.*
FROM (SELECT (SELECT position FROM orderflow_views.positions WHERE view = 'sales_by_day') AS position) at
LEFT JOIN (
    SELECT substr(v.day, 1, 7) AS month, v.currency, sum(v.orders)::bigint, sum(v.lines)::bigint,
        sum(v.units)::bigint, sum(v.revenue)::bigint, sum(v.refunds)::bigint
    FROM orderflow_views.sales_by_day v
    WHERE v.tenant = $1::text AND (substr(v.day, 1, 7), v.currency) > ($2::text, $3::text)
        AND v.day BETWEEN $5::text AND $6::text
    GROUP BY month, v.currency
    HAVING sum(v.orders) <> 0 OR sum(v.refunds) <> 0
    ORDER BY month, v.currency
    LIMIT $4::bigint
) v ON true
ORDER BY v.month, v.currency
