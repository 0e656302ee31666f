CREATE TABLE orderflow_views.generations (
    view text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    version integer NOT NULL,
    role text NOT NULL CHECK (role IN ('serving', 'building')),
    paused boolean NOT NULL DEFAULT false,
    -- The statement that made the table: whether it is still the one that the view's declaration would make.
    shape text NOT NULL,
    PRIMARY KEY (view, generation)
)
