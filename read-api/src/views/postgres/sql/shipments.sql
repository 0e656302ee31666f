-- The index is in the list's order within one status only, so a list of all merges one list a status.
SELECT at.position, v.*
FROM (SELECT (SELECT position FROM orderflow_views.positions WHERE view = 'shipments') AS position) at
LEFT JOIN (
    SELECT v.*
    FROM unnest($5::text[]) wanted (status)
    CROSS JOIN LATERAL (
        SELECT v.id, v.requested_at, v.order_id, v.status, v.lines, v.carrier, v.tracking, v.failure, v.updated_at,
            v.version
        FROM orderflow_views.shipments v
        WHERE v.tenant = $1::text AND v.status = wanted.status
            AND (v.requested_at, v.id) > ($2::bigint, $3::text)
        ORDER BY v.requested_at, v.id
        LIMIT $4::bigint
    ) v
    ORDER BY v.requested_at, v.id
    LIMIT $4::bigint
) v ON true
ORDER BY v.requested_at, v.id
