//! The tables and SQL views of views, as SQL.

use std::{borrow::Cow, fmt::Write as _};

use orderflow_engine::{
    Position, View,
    projection::{Column, ColumnKind, Default, Index},
};

use super::super::{Generation, TargetError};

/// What stands beside the views under names of its own.
const TAKEN: &[&str] = &[
    "meta",
    "generations",
    "generations_by_role",
    "checkpoints",
    "positions",
    "parked",
    "dead_letters",
    "followers",
    "retired",
    "workers",
    "leases",
    "secrets",
];

pub(super) fn check_name(view: &View) -> Result<(), TargetError> {
    if TAKEN.contains(&view.name) {
        return Err(TargetError::new(format!("a view cannot be called '{}' here: give it another name", view.name)));
    }
    Ok(())
}

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

/// Without its primary key, which loaded rows get when they are there. Pages have room for new versions of their rows,
/// so that an update that touches no indexed column changes no index.
pub(super) fn create_table(view: &View, generation: Generation) -> String {
    let mut sql = format!("CREATE TABLE \"{}\" (", table(view.name, generation));
    for column in view.key {
        let _ = write!(sql, "\"{}\" {} NOT NULL, ", column.name, kind(column.kind));
    }
    for column in view.columns {
        let _ = write!(sql, "\"{}\" {} DEFAULT {}, ", column.name, kind(column.kind), default(column.default));
    }
    sql.truncate(sql.len() - 2);
    sql.push_str(") WITH (fillfactor = 70)");
    sql
}

/// The constraint is named, so that it can be looked for.
pub(super) fn add_key(view: &View, generation: Generation) -> String {
    let table = table(view.name, generation);
    format!(
        "ALTER TABLE \"{table}\" ADD CONSTRAINT \"{}\" PRIMARY KEY ({})",
        key_name(view, generation),
        names(view.key.iter())
    )
}

pub(super) fn key_name(view: &View, generation: Generation) -> String {
    format!("{}__key", table(view.name, generation))
}

/// The statements that make all indexes beside the key; they may have been made already.
pub(super) fn create_indexes(view: &View, generation: Generation) -> Vec<String> {
    let declared = view.indexes.iter().map(|index| create_index(view, generation, index));
    let words = view.columns.iter().filter(|column| column.kind == ColumnKind::Words);
    declared.chain(words.map(|column| create_words_index(view, generation, column))).collect()
}

fn create_index(view: &View, generation: Generation, index: &Index) -> String {
    let table = table(view.name, generation);
    let columns = index.columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
    let condition = index.where_present.map_or_else(String::new, |column| format!(" WHERE \"{column}\" IS NOT NULL"));
    format!("CREATE INDEX IF NOT EXISTS \"{table}__{}\" ON \"{table}\" ({columns}){condition}", index.name)
}

/// For `array_to_tsvector(string_to_array(words, ' ')) @@ 'beginning:*'`. A list of what is new would make the search
/// slow again, so every row goes into the index at once.
fn create_words_index(view: &View, generation: Generation, column: &Column) -> String {
    let (table, name) = (table(view.name, generation), column.name);
    format!(
        "CREATE INDEX IF NOT EXISTS \"{table}__{name}\" ON \"{table}\" \
         USING gin (array_to_tsvector(string_to_array(\"{name}\", ' '))) WITH (fastupdate = off)"
    )
}

pub(super) fn create_view(view: &View, generation: Generation) -> String {
    format!("CREATE VIEW \"{}\" AS SELECT {} FROM \"{}\"", view.name, all_names(view), table(view.name, generation))
}

pub(super) fn drop_view(view: &View) -> String {
    format!("DROP VIEW IF EXISTS \"{}\"", view.name)
}

/// Text is compared by its bytes, as everywhere else in the program.
fn kind(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Int => "bigint",
        ColumnKind::Text | ColumnKind::Json | ColumnKind::Words => "text COLLATE \"C\"",
    }
}

fn default(default: Default) -> String {
    match default {
        Default::Null => "NULL".to_owned(),
        Default::Int(value) => value.to_string(),
        Default::Text(value) => format!("'{}'", storable(value).replace('\'', "''")),
    }
}

/// Postgres cannot keep U+0000 in text. Better that it is replaced than that one value stops a view.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Postgres's integers are signed; positions and versions are far from where that matters.
pub(super) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn natural(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub(super) fn position(value: i64) -> Position {
    Position(natural(value))
}

/// Generations and versions are counted from 1, one at a time.
pub(super) fn small(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
