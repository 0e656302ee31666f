-- Planned for the values that it is asked with, so that what does not apply costs nothing.
WITH wanted AS NOT MATERIALIZED (
    SELECT o.id, o.number, o.status, o.fulfilment, o.payment, o.on_hold, o.currency, o.total, o.placed_at, o.customer,
        o.country, o.reference, o.cancelled, o.updated_at, o.version
    FROM orderflow_views.orders o
    WHERE o.tenant = $1::text
        AND ($2::text IS NULL OR o.status = $2::text)
        AND ($3::text IS NULL OR o.fulfilment = $3::text)
        AND ($4::text IS NULL OR o.payment = $4::text)
        AND ($5::text IS NULL OR o.customer = $5::text)
        AND ($6::text IS NULL OR o.country = $6::text)
        AND ($7::text IS NULL OR o.reference = $7::text)
        AND ($15::text IS NULL OR o.id = $15::text)
), placed AS NOT MATERIALIZED (
    SELECT o.*
    FROM wanted o
    WHERE $8::boolean AND o.placed_at IS NOT NULL
        AND ($10::bigint IS NULL OR o.placed_at >= $10::bigint)
        AND ($11::bigint IS NULL OR o.placed_at < $11::bigint)
        AND ($12::bigint IS NULL OR (o.placed_at, o.id) < ($12::bigint, $13::text))
), never_placed AS NOT MATERIALIZED (
    SELECT o.*
    FROM wanted o
    WHERE $9::boolean AND o.placed_at IS NULL
        AND ($12::bigint IS NOT NULL OR $13::text IS NULL OR o.id < $13::text)
)
SELECT at.position, v.*
FROM (SELECT (SELECT position FROM orderflow_views.positions WHERE view = 'orders') AS position) at
LEFT JOIN (
    (SELECT o.* FROM placed o ORDER BY o.placed_at DESC, o.id DESC LIMIT $14::bigint)
    UNION ALL
    (SELECT o.* FROM never_placed o ORDER BY o.id DESC LIMIT $14::bigint)
    ORDER BY placed_at DESC NULLS LAST, id DESC
    LIMIT $14::bigint
) v ON true
ORDER BY v.placed_at DESC NULLS LAST, v.id DESC
