SELECT position, stream, version, kind, time, metadata, data
FROM orderflow_events.events
WHERE position > $1 AND position <= $2
    AND ($3::text[] IS NULL
        OR kind = ANY (ARRAY (SELECT id FROM orderflow_events.kinds WHERE name = ANY ($3::text[]))))
    AND slice = ANY ($4::smallint[])
ORDER BY position
