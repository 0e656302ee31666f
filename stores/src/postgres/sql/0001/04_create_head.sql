-- One row. Whoever appends holds its lock until the commit, so commits come in the order of positions.
CREATE TABLE orderflow_events.head (
    one_row    boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    position bigint NOT NULL,   -- of the last event
    streams  bigint NOT NULL    -- the id of the last stream
) WITH (fillfactor = 10)
