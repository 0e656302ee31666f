//! The SQL that declares things. Identifiers come from view declarations, never from outside.

use std::fmt::Write as _;

use orderflow_engine::{
    Position, View,
    projection::{Column, ColumnKind, Default, Index},
};

use super::super::Generation;

/// The tables beside the views. `dead_letters` shows those of the serving generations only: what a rebuild parks is its
/// own affair until it is switched to.
pub(super) const BESIDE_THE_VIEWS: &str = "
CREATE TABLE IF NOT EXISTS projections (
    view TEXT NOT NULL, generation INTEGER NOT NULL, version INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('serving', 'building')),
    position INTEGER NOT NULL, paused INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (view, generation)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parked (
    view TEXT NOT NULL, generation INTEGER NOT NULL, stream TEXT NOT NULL, version INTEGER NOT NULL,
    position INTEGER NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, parked_at INTEGER NOT NULL,
    PRIMARY KEY (view, generation, stream, version)
) WITHOUT ROWID;
CREATE VIEW IF NOT EXISTS dead_letters AS
    SELECT view, stream, parked.version AS version, parked.position AS position, kind, reason, parked_at
    FROM parked JOIN projections USING (view, generation) WHERE role = 'serving';
CREATE TABLE IF NOT EXISTS checkpoints (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS retired (
    view TEXT NOT NULL, generation INTEGER NOT NULL, PRIMARY KEY (view, generation)
) WITHOUT ROWID;
";

pub(super) fn table(view: &str, generation: Generation) -> String {
    format!("{view}__g{}", generation.0)
}

/// `"a", "b"`.
pub(super) fn names<'a>(columns: impl Iterator<Item = &'a Column>) -> String {
    columns.map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ")
}

pub(super) fn all_names(view: &View) -> String {
    names(view.key.iter().chain(view.columns))
}

pub(super) fn create_table(view: &View, generation: Generation) -> String {
    let mut sql = format!("CREATE TABLE \"{}\" (", table(view.name, generation));
    for column in view.key {
        let _ = write!(sql, "\"{}\" {} NOT NULL, ", column.name, kind(column.kind));
    }
    for column in view.columns {
        let _ = write!(sql, "\"{}\" {} DEFAULT {}, ", column.name, kind(column.kind), default(column.default));
    }
    let _ = write!(sql, "PRIMARY KEY ({})) WITHOUT ROWID", names(view.key.iter()));
    sql
}

pub(super) fn create_index(view: &View, generation: Generation, index: &Index) -> String {
    let table = table(view.name, generation);
    let columns = index.columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
    let condition = index.where_present.map_or_else(String::new, |column| format!(" WHERE \"{column}\" IS NOT NULL"));
    format!("CREATE INDEX IF NOT EXISTS \"{table}__{}\" ON \"{table}\" ({columns}){condition}", index.name)
}

pub(super) fn create_view(view: &View, generation: Generation) -> String {
    format!("CREATE VIEW \"{}\" AS SELECT {} FROM \"{}\"", view.name, all_names(view), table(view.name, generation))
}

fn kind(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Int => "INTEGER",
        ColumnKind::Text | ColumnKind::Json | ColumnKind::Words => "TEXT",
    }
}

fn default(default: Default) -> String {
    match default {
        Default::Null => "NULL".to_owned(),
        Default::Int(value) => value.to_string(),
        Default::Text(value) => format!("'{}'", value.replace('\'', "''")),
    }
}

/// SQLite's integers are signed; positions and versions are far from where that matters.
pub(super) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn natural(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub(super) fn position(value: i64) -> Position {
    Position(natural(value))
}
