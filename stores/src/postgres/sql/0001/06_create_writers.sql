-- One row for each store that is open for writing: its last group of appends and what came of it, so that a group
-- that is sent again is answered and not written again.
CREATE TABLE orderflow_events.writers (
    id       uuid PRIMARY KEY,
    seen     timestamptz NOT NULL,
    batch    bigint NOT NULL,
    first    bigint NOT NULL,
    outcomes bigint[] NOT NULL
) WITH (fillfactor = 10)
