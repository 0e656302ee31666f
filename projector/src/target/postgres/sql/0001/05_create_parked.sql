CREATE TABLE orderflow_views.parked (
    view text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    parked_at bigint NOT NULL,
    PRIMARY KEY (view, generation, stream, version)
)
