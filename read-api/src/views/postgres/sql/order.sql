-- Lines that are older or younger than the order would not be its lines at that version, and the positions that count
-- for that are those of the order's own slice.
SELECT at.position, o.id, o.number, o.status, o.fulfilment, o.payment, o.on_hold, o.currency, o.total, o.placed_at, o.customer,
    o.country, o.reference, o.cancelled, o.updated_at, o.version,
    CASE WHEN at.in_step THEN l.lines END, l.shipped
FROM (
    SELECT min(c.position) FILTER (WHERE c.view = 'orders') AS position,
        min(c.position) FILTER (WHERE c.view = 'orders' AND c.slice = $3::bigint)
            = min(c.position) FILTER (WHERE c.view = 'order_lines' AND c.slice = $3::bigint) AS in_step
    FROM orderflow_views.generations g
    JOIN orderflow_views.checkpoints c USING (view, generation)
    WHERE g.role = 'serving' AND g.view IN ('orders', 'order_lines')
) at
LEFT JOIN orderflow_views.orders o ON o.tenant = $1::text AND o.id = $2::text
LEFT JOIN orderflow_views.order_lines l ON l.tenant = $1::text AND l.id = $2::text
