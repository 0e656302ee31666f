-- Names are compared byte by byte: their order means nothing, and that is the fastest way. A stream's version is not here
-- but at the end of its events' index, where it is found as fast, and no row has to be written again for every append.
CREATE TABLE orderflow_events.streams (
    id       bigint PRIMARY KEY,
    name     text COLLATE "C" NOT NULL UNIQUE,
    category text COLLATE "C" NOT NULL,
    slice    smallint NOT NULL
)
