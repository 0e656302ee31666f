CREATE TABLE orderflow_views.followers (
    name text COLLATE "C" NOT NULL,
    slice smallint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (name, slice)
) WITH (fillfactor = 20)
