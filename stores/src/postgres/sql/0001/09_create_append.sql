-- Appends a group: all of it, or nothing when it raises an error. Streams are given once each; appends refer to them by
-- their place, counted from 1, and come with so many events each. What is expected is a version, or -1 for any and -2
-- for any but 0. An append that rests on the last one of its stream in the group is a conflict when that one is, whatever
-- version the stream has: it was decided on events that did not come to be.
--
-- Gives the position before the group, and for each append the version of its stream after it; or, when the stream was
-- not where it was expected, what version it has, as -1 - version.
--
-- The lock on the head makes writers of all processes take turns until their commits: positions have no gaps, and
-- nobody sees one before all below it. Each statement of a volatile function sees what was committed before it began,
-- so everything after the lock sees what its last holder did.
CREATE FUNCTION orderflow_events.append(
    writer_id uuid, this_batch bigint,
    names text[], slices smallint[],
    places int[], expected bigint[], counts int[], rests_on_last boolean[],
    kinds smallint[], times bigint[], metadata bytea[], data bytea[],
    OUT before bigint, OUT outcomes bigint[]
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    last_position bigint;
    last_stream bigint;
    streams_before bigint;
    last_batch bigint;
    ids bigint[];
    versions bigint[];
    failed boolean[];
    event_positions bigint[];
    event_streams bigint[];
    event_versions bigint[];
    event_slices smallint[];
    event int := 0;
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

    -- The newest event of each stream is the last entry of its part of the index, and one look finds it.
    SELECT array_agg(coalesce(found.id, 0)), array_agg(coalesce(found.version, 0)) INTO ids, versions
    FROM (
        SELECT s.id, (
            SELECT e.version FROM orderflow_events.events e WHERE e.stream = s.id ORDER BY e.version DESC LIMIT 1
        ) AS version
        FROM unnest(names) WITH ORDINALITY AS n (name, place)
        LEFT JOIN orderflow_events.streams s ON s.name = n.name
        ORDER BY n.place
    ) AS found;

    before := last_position;
    streams_before := last_stream;
    outcomes := array_fill(NULL::bigint, ARRAY[cardinality(places)]);
    failed := array_fill(false, ARRAY[cardinality(names)]);
    event_positions := array_fill(NULL::bigint, ARRAY[cardinality(data)]);
    event_streams := event_positions;
    event_versions := event_positions;
    event_slices := array_fill(NULL::smallint, ARRAY[cardinality(data)]);
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
            FOR e IN 1 .. counts[a] LOOP
                event := event + 1;
                last_position := last_position + 1;
                version := version + 1;
                event_positions[event] := last_position;
                event_streams[event] := ids[place];
                event_versions[event] := version;
                event_slices[event] := slices[place];
            END LOOP;
            versions[place] := version;
            outcomes[a] := version;
        ELSE
            event := event + counts[a];
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
    SELECT n.position, n.stream, n.version, n.time, n.kind, n.slice, n.metadata, n.data
    FROM unnest(event_positions, event_streams, event_versions, times, kinds, event_slices, metadata, data)
        AS n (position, stream, version, time, kind, slice, metadata, data)
    WHERE n.position IS NOT NULL;

    UPDATE orderflow_events.head SET position = last_position, streams = last_stream;
    PERFORM pg_notify('orderflow_events', last_position::text);
END
$$
