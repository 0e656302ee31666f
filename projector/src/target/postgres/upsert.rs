//! Row changes as statements: one for each shape of change, with an array for each column.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _};

use orderflow_engine::{
    View,
    projection::{Cell, Column, ColumnKind, Key, Merged, Value},
};

use super::{
    super::{
        Generation, TargetError,
        shape::{KEEP, SET, Shape, at, base, shape, whole},
    },
    schema,
    session::{Statement, generated},
    words::searchable,
};

/// So many rows go into one statement, which is then far from taking too long.
const ROWS: usize = 5_000;

/// The statements that apply changes, given in the order of their keys: all workers then lock rows in that order.
pub(super) fn statements(
    view: &View, generation: Generation, rows: &[(Key, Merged)],
) -> Result<Vec<Statement>, TargetError> {
    let mut upserts: BTreeMap<Shape, Vec<(&Key, Row<'_>)>> = BTreeMap::new();
    let mut deletes: Vec<&Key> = Vec::new();
    for (key, merged) in rows {
        match merged {
            Merged::Replace(row) => upserts.entry(whole(view)).or_default().push((key, Row::Whole(row))),
            Merged::Update(cells) => upserts.entry(shape(cells)).or_default().push((key, Row::Cells(cells))),
            Merged::Delete => deletes.push(key),
        }
    }
    let table = schema::table(view.name, generation);
    let mut statements = Vec::with_capacity(upserts.len() + 1);
    for (shape, rows) in &upserts {
        let sql = upsert(view, &table, *shape);
        for rows in rows.chunks(ROWS) {
            let mut statement = bind_keys(generated(sql.clone()), view, rows.iter().map(|(key, _)| *key))?;
            let touched = view.columns.iter().enumerate().filter(|(index, _)| at(*shape, *index) != KEEP);
            for (index, column) in touched {
                let values = rows.iter().map(|(_, row)| row.value(index, column));
                statement = bind(statement, column, values).map_err(|wrong| misfit(view, column, &wrong))?;
            }
            statements.push(statement);
        }
    }
    for keys in deletes.chunks(ROWS) {
        statements.push(bind_keys(generated(delete(view, &table)), view, keys.iter().copied())?);
    }
    Ok(statements)
}

/// What is written into a row.
#[derive(Clone, Copy)]
enum Row<'a> {
    Whole(&'a [Value]),
    Cells(&'a [Cell]),
}

impl<'a> Row<'a> {
    /// What a row that is not there begins with in a column that is touched.
    fn value(self, index: usize, column: &Column) -> Cow<'a, Value> {
        match self {
            Self::Whole(row) => Cow::Borrowed(&row[index]),
            Self::Cells(cells) => first_value(&cells[index], column),
        }
    }
}

/// What a cell makes of a row that is not there.
pub(super) fn first_value<'a>(cell: &'a Cell, column: &Column) -> Cow<'a, Value> {
    match cell {
        Cell::Set(value) => Cow::Borrowed(value),
        Cell::Add(delta) => Cow::Owned(Value::Int(base(column.default).saturating_add(*delta))),
        Cell::Keep => Cow::Owned(column.default.value()),
    }
}

/// A fault of the projection: its first test meets it.
pub(super) fn misfit(view: &View, column: &Column, value: &Value) -> TargetError {
    TargetError::new(format!(
        "the column '{}' of '{}' cannot hold {value:?}: mend the projection",
        column.name, view.name
    ))
}

/// The text of a text column as it is stored.
pub(super) fn text<'a>(column: &Column, text: &'a str) -> Cow<'a, str> {
    match column.kind {
        ColumnKind::Words => searchable(text),
        ColumnKind::Text | ColumnKind::Json | ColumnKind::Int => schema::storable(text),
    }
}

fn bind_keys<'a>(
    mut statement: Statement, view: &View, keys: impl Iterator<Item = &'a Key> + Clone,
) -> Result<Statement, TargetError> {
    for (index, column) in view.key.iter().enumerate() {
        let values = keys.clone().map(|key| Cow::Borrowed(&key[index]));
        statement = bind(statement, column, values).map_err(|wrong| misfit(view, column, &wrong))?;
    }
    Ok(statement)
}

/// Binds a column's values as an array; or gives back one that is of another type.
fn bind<'a>(
    statement: Statement, column: &Column, values: impl Iterator<Item = Cow<'a, Value>>,
) -> Result<Statement, Value> {
    match column.kind {
        ColumnKind::Int => {
            let ints = values.map(|value| match &*value {
                Value::Int(value) => Ok(Some(*value)),
                Value::Null => Ok(None),
                Value::Text(_) => Err(value.into_owned()),
            });
            Ok(statement.bind(ints.collect::<Result<Vec<_>, _>>()?))
        }
        ColumnKind::Text | ColumnKind::Json | ColumnKind::Words => {
            let values: Vec<Cow<'a, Value>> = values.collect();
            let texts = values.iter().map(|value| match &**value {
                Value::Text(value) => Ok(Some(text(column, value))),
                Value::Null => Ok(None),
                Value::Int(_) => Err(value.clone().into_owned()),
            });
            Ok(statement.bind(texts.collect::<Result<Vec<_>, _>>()?))
        }
    }
}

/// `unnest($1::text[], $2::bigint[])`.
fn unnest<'a>(columns: impl Iterator<Item = &'a Column>) -> String {
    let arrays = columns.zip(1..).map(|(column, place)| match column.kind {
        ColumnKind::Int => format!("${place}::bigint[]"),
        ColumnKind::Text | ColumnKind::Json | ColumnKind::Words => format!("${place}::text[]"),
    });
    format!("unnest({})", arrays.collect::<Vec<_>>().join(", "))
}

fn upsert(view: &View, table: &str, shape: Shape) -> String {
    let mut changes = String::new();
    let mut columns: Vec<&Column> = view.key.iter().collect();
    for (index, column) in view.columns.iter().enumerate() {
        let name = column.name;
        let separator = if changes.is_empty() { "" } else { ", " };
        let written = match at(shape, index) {
            KEEP => continue,
            SET => write!(changes, "{separator}\"{name}\" = excluded.\"{name}\""),
            // The row that would be inserted holds the default as well, which a row that is there does not gain.
            _ => match base(column.default) {
                0 => write!(changes, "{separator}\"{name}\" = coalesce(old.\"{name}\", 0) + excluded.\"{name}\""),
                base => {
                    let gain = format!("(excluded.\"{name}\" - {base})");
                    write!(changes, "{separator}\"{name}\" = coalesce(old.\"{name}\", 0) + {gain}")
                }
            },
        };
        written.expect("a string takes what is written to it");
        columns.push(column);
    }
    let (names, keys) = (schema::names(columns.iter().copied()), schema::names(view.key.iter()));
    let change = if changes.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {changes}") };
    let rows = unnest(columns.into_iter());
    format!("INSERT INTO \"{table}\" AS old ({names}) SELECT * FROM {rows} ON CONFLICT ({keys}) DO {change}")
}

fn delete(view: &View, table: &str) -> String {
    let keys = schema::names(view.key.iter());
    let same = view.key.iter().map(|column| format!("old.\"{0}\" = gone.\"{0}\"", column.name));
    let same = same.collect::<Vec<_>>().join(" AND ");
    let rows = unnest(view.key.iter());
    format!("DELETE FROM \"{table}\" AS old USING {rows} AS gone({keys}) WHERE {same}")
}
