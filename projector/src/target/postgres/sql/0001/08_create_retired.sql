CREATE TABLE orderflow_views.retired (
    view text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    PRIMARY KEY (view, generation)
)
