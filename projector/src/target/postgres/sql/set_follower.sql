-- Of the slices that this worker holds, and that nobody can take before this is committed: renewing a lease is not in
-- the way of this lock, taking one over is.
WITH held AS MATERIALIZED (
    SELECT l.slice FROM leases AS l
    JOIN unnest($4::smallint[], $5::bigint[]) AS mine(slice, epoch) ON l.slice = mine.slice AND l.epoch = mine.epoch
    WHERE l.owner = $3 AND l.expires_at > clock_timestamp() AND l.slice = ANY ($2::smallint[])
    FOR KEY SHARE OF l
)
INSERT INTO followers (name, slice, position) SELECT $1, slice, $6 FROM held ORDER BY slice
ON CONFLICT (name, slice) DO UPDATE SET position = excluded.position
