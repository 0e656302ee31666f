-- Appends a group: all of it, or nothing when it raises an error. Streams are given once each; appends refer to them by
-- their place, counted from 1, and come with so many events each; events say whose they are, and which of its events. What
-- is expected is a version, or -1 for any and -2 for any but 0. An append that rests on the last one of its stream in the
-- group is a conflict when that one is, whatever version the stream has: it was decided on events that did not come to be.
--
-- Gives the position before the group, and for each append the version of its stream after it; or, when the stream was
-- not where it was expected, what version it has, as -1 - version.
--
-- A writer says what it knows of each stream: its id, or 0, and the version that it had when the log ended at known_head, or
-- -1. Whatever others have written since is looked at, and the writer is told which streams that were; or nothing, when it
-- was too much to tell, and then it should forget all versions.
--
-- The lock on the head makes writers of all processes take turns until their commits: positions have no gaps, and
-- nobody sees one before all below it. Each statement of a volatile function sees what was committed before it began,
-- so everything after the lock sees what its last holder did.
CREATE FUNCTION orderflow_events.append(
    writer_id uuid, this_batch bigint,
    names text[], slices smallint[], known_head bigint, known_ids bigint[], known_versions bigint[],
    places int[], expected bigint[], counts int[], rests_on_last boolean[],
    appends int[], nths int[], kinds smallint[], times bigint[], metadata bytea[], data bytea[],
    OUT before bigint, OUT outcomes bigint[], OUT ids bigint[], OUT changed bigint[]
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    last_position bigint;
    last_stream bigint;
    streams_before bigint;
    last_batch bigint;
    versions bigint[];
    failed boolean[];
    starts bigint[];
    firsts bigint[];
    place int;
    version bigint;
BEGIN
    SELECT h.position, h.streams INTO STRICT last_position, last_stream FROM orderflow_events.head h FOR UPDATE;

    SELECT w.batch, w.first, w.outcomes INTO last_batch, before, outcomes
    FROM orderflow_events.writers w WHERE w.id = writer_id FOR UPDATE;
    IF last_batch IS NULL THEN
        RAISE EXCEPTION 'this writer is not known' USING ERRCODE = 'OF001';
    ELSIF last_batch = this_batch THEN
        RETURN;
    ELSIF last_batch > this_batch THEN
        RAISE EXCEPTION 'this group was given up before it arrived' USING ERRCODE = 'OF002';
    END IF;

    ids := known_ids;
    versions := known_versions;
    IF last_position < known_head OR last_position - known_head > 4096 THEN
        versions := array_fill(-1::bigint, ARRAY[cardinality(names)]);
    ELSIF last_position > known_head THEN
        SELECT array_agg(DISTINCT e.stream) INTO changed
        FROM orderflow_events.events e WHERE e.position > known_head;
    END IF;
    IF -1 = ANY (versions) OR changed && ids THEN
        -- The newest event of a stream is the last entry of its part of the index, and one look finds it.
        SELECT array_agg(found.id), array_agg(found.version) INTO ids, versions
        FROM (
            SELECT n.id, CASE
                WHEN n.version >= 0 AND n.id <> ALL (coalesce(changed, '{}')) THEN n.version
                ELSE coalesce((
                    SELECT e.version FROM orderflow_events.events e WHERE e.stream = n.id ORDER BY e.version DESC LIMIT 1
                ), 0)
            END AS version
            FROM (
                SELECT n.place, n.version, CASE
                    WHEN n.id > 0 THEN n.id
                    ELSE coalesce((SELECT s.id FROM orderflow_events.streams s WHERE s.name = n.name), 0)
                END AS id
                FROM unnest(names, ids, versions) WITH ORDINALITY AS n (name, id, version, place)
                OFFSET 0
            ) AS n
            ORDER BY n.place
        ) AS found;
    END IF;

    before := last_position;
    streams_before := last_stream;
    outcomes := array_fill(NULL::bigint, ARRAY[cardinality(places)]);
    failed := array_fill(false, ARRAY[cardinality(names)]);
    starts := outcomes;
    firsts := outcomes;
    FOR a IN 1 .. cardinality(places) LOOP
        place := places[a];
        version := versions[place];
        failed[place] := rests_on_last[a] AND failed[place]
            OR NOT (expected[a] = version OR expected[a] = -1 OR (expected[a] = -2 AND version > 0));
        IF NOT failed[place] THEN
            IF ids[place] = 0 THEN
                last_stream := last_stream + 1;
                ids[place] := last_stream;
            END IF;
            starts[a] := version;
            firsts[a] := last_position;
            version := version + counts[a];
            last_position := last_position + counts[a];
            versions[place] := version;
            outcomes[a] := version;
        ELSE
            outcomes[a] := -1 - version;
        END IF;
    END LOOP;

    -- Even when nothing is written: a copy that comes late must not find that its time has come.
    UPDATE orderflow_events.writers w
    SET seen = now(), batch = this_batch, first = append.before, outcomes = append.outcomes
    WHERE w.id = writer_id;
    IF last_position = before THEN
        RETURN;
    END IF;

    IF last_stream > streams_before THEN
        INSERT INTO orderflow_events.streams (id, name, category, slice)
        SELECT n.id, n.name, split_part(n.name, '-', 1), n.slice
        FROM unnest(ids, names, slices) AS n (id, name, slice)
        WHERE n.id > streams_before;
    END IF;
    INSERT INTO orderflow_events.events (position, stream, version, time, kind, slice, metadata, data)
    SELECT
        firsts[n.append] + n.nth, ids[places[n.append]], starts[n.append] + n.nth,
        n.time, n.kind, slices[places[n.append]], n.metadata, n.data
    FROM unnest(appends, nths, times, kinds, metadata, data) AS n (append, nth, time, kind, metadata, data)
    WHERE starts[n.append] IS NOT NULL;

    UPDATE orderflow_events.head SET position = last_position, streams = last_stream;
    PERFORM pg_notify('orderflow_events', last_position::text);
END
$$
