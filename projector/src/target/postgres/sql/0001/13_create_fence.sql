-- Moves checkpoints, or names a view of which one cannot be moved: the caller then rolls back. The statements of a
-- function see what was committed before each of them, so what is looked at behind a lock is as it is now.
CREATE FUNCTION orderflow_views.fence(
    my_name text, my_slices smallint[], my_epochs bigint[],
    w_views text[], w_generations integer[], w_slices smallint[], w_believed bigint[], w_reached bigint[]
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    held smallint[];
    stranger text;
BEGIN
    -- What is being built must not begin to serve before this is committed.
    PERFORM 1 FROM orderflow_views.generations AS g
    WHERE g.role = 'building' AND (g.view, g.generation) IN (SELECT * FROM unnest(w_views, w_generations))
    FOR SHARE OF g;

    IF EXISTS (
        SELECT 1 FROM orderflow_views.generations AS g
        WHERE g.role = 'serving' AND (g.view, g.generation) IN (SELECT * FROM unnest(w_views, w_generations))
    ) THEN
        PERFORM pg_advisory_xact_lock_shared(1868985975, 3);
        -- Renewing a lease is not in the way of this lock; taking one over deletes its row, and is.
        SELECT array_agg(locked.slice) INTO held FROM (
            SELECT l.slice FROM orderflow_views.leases AS l
            JOIN unnest(my_slices, my_epochs) AS mine(slice, epoch) ON l.slice = mine.slice AND l.epoch = mine.epoch
            WHERE l.owner = my_name AND l.expires_at > clock_timestamp() AND l.slice = ANY (w_slices)
            FOR KEY SHARE OF l
        ) AS locked;
        SELECT w.view INTO stranger
        FROM unnest(w_views, w_generations, w_slices) AS w(view, generation, slice)
        JOIN orderflow_views.generations AS g ON g.view = w.view AND g.generation = w.generation
        WHERE g.role = 'serving' AND w.slice <> ALL (coalesce(held, '{}'))
        LIMIT 1;
        IF FOUND THEN
            RETURN stranger;
        END IF;
    END IF;

    WITH wanted AS (
        SELECT * FROM unnest(w_views, w_generations, w_slices, w_believed, w_reached)
            AS w(view, generation, slice, believed, reached)
    ), moved AS (
        UPDATE orderflow_views.checkpoints AS c SET position = w.reached
        FROM wanted AS w
        WHERE c.view = w.view AND c.generation = w.generation AND c.slice = w.slice AND c.position = w.believed
        RETURNING c.view, c.generation, c.slice
    )
    SELECT w.view INTO stranger
    FROM wanted AS w LEFT JOIN moved AS m USING (view, generation, slice)
    WHERE m.view IS NULL
    LIMIT 1;
    RETURN stranger;
END $$
