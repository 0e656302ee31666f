-- Every write updates rows of it: there is room in the pages for the new versions of rows, so that no index changes and
-- the old ones are removed on the way.
CREATE TABLE orderflow_views.checkpoints (
    view text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    slice smallint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (view, generation, slice)
) WITH (fillfactor = 10)
