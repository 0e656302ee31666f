-- Whoever matches in one way or another, each list cut on its own so that an index can drive it. The number of an order
-- that was placed is among its words. How common a beginning of words is the planner cannot know, so that is tried out:
-- what few orders have is looked up and sorted; what many have is soon met with in the order of the list.
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
), found AS MATERIALIZED (
    SELECT l.id
    FROM orderflow_views.order_lines l
    WHERE l.tenant = $1::text AND array_to_tsvector(string_to_array(l.words, ' ')) @@ $15::text::tsquery
    LIMIT 5001
), tally AS MATERIALIZED (
    SELECT count(*) <= 5000 AS few FROM found
)
SELECT at.position, v.*
FROM (
    SELECT CASE WHEN count(*) = 2 THEN min(position) END AS position
    FROM orderflow_views.positions
    WHERE view IN ('orders', 'order_lines')
) at
LEFT JOIN (
    (
        SELECT o.*
        FROM placed o
        JOIN found f ON f.id = o.id
        WHERE (SELECT few FROM tally)
        ORDER BY o.placed_at DESC, o.id DESC
        LIMIT $14::bigint
    )
    UNION
    (
        SELECT o.*
        FROM placed o
        JOIN orderflow_views.order_lines l ON l.tenant = $1::text AND l.id = o.id
        WHERE NOT (SELECT few FROM tally)
            AND array_to_tsvector(string_to_array(l.words, ' ')) @@ $15::text::tsquery
        ORDER BY o.placed_at DESC, o.id DESC
        LIMIT $14::bigint
    )
    UNION
    (
        SELECT o.*
        FROM placed o
        WHERE o.reference BETWEEN $18::text AND $19::text
        ORDER BY o.placed_at DESC, o.id DESC
        LIMIT $14::bigint
    )
    UNION
    (
        SELECT o.*
        FROM never_placed o
        WHERE o.number BETWEEN $16::text AND $17::text OR o.reference BETWEEN $18::text AND $19::text
        ORDER BY o.id DESC
        LIMIT $14::bigint
    )
    ORDER BY placed_at DESC NULLS LAST, id DESC
    LIMIT $14::bigint
) v ON true
ORDER BY v.placed_at DESC NULLS LAST, v.id DESC
