-- One row: the number of the last migration.
CREATE TABLE IF NOT EXISTS orderflow_events.schema_version (
    one_row   boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    version integer NOT NULL
)
