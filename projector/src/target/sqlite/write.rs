//! Rows and checkpoints, in one transaction.

use std::{collections::HashMap, fmt::Write as _};

use orderflow_engine::{
    Position, StreamName, View,
    projection::{Cell, Key, Merged, Value},
};
use rusqlite::{CachedStatement, Connection, Statement, Transaction, TransactionBehavior, types::Null};
use tokio::sync::Mutex;

use super::{
    super::{
        DeadLetter, Generation, ViewWrite, WriteError,
        shape::{KEEP, SET, Shape, at, base, shape, whole},
    },
    schema,
};

/// How many rows a load writes before others get their turn.
const LOAD_ROWS: usize = 20_000;

/// A write whose rows are in the order of their keys.
pub(super) struct Sorted {
    view: &'static View,
    generation: Generation,
    believed: Position,
    to: Position,
    rows: Vec<(Key, Merged)>,
    parked: Vec<DeadLetter>,
    settled: Vec<StreamName>,
}

impl From<ViewWrite> for Sorted {
    fn from(write: ViewWrite) -> Self {
        let ViewWrite { view, generation, slices: _, believed, to, changes, parked, settled } = write;
        Self { view, generation, believed, to, rows: changes.sorted(), parked, settled }
    }
}

pub(super) fn write(connection: &mut Connection, batch: Vec<Sorted>) -> Result<(), WriteError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for write in batch {
        fence(&transaction, &write)?;
        Upserts::new(&transaction, write.view, write.generation).all(&write.rows)?;
        dead_letters(&transaction, &write)?;
    }
    transaction.commit()?;
    Ok(())
}

pub(super) fn load(writer: &Mutex<Connection>, load: Sorted) -> Result<(), WriteError> {
    let sql = insert(load.view, load.generation);
    for rows in load.rows.chunks(LOAD_ROWS) {
        let mut connection = writer.blocking_lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut statement = transaction.prepare_cached(&sql)?;
        for (key, merged) in rows {
            insert_row(&mut statement, load.view, key, merged)?;
        }
        drop(statement);
        transaction.commit()?;
    }
    let mut connection = writer.blocking_lock();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    fence(&transaction, &load)?;
    dead_letters(&transaction, &load)?;
    transaction.commit()?;
    Ok(())
}

fn fence(transaction: &Transaction<'_>, write: &Sorted) -> Result<(), WriteError> {
    let mut advance = transaction
        .prepare_cached("UPDATE projections SET position = ?1 WHERE view = ?2 AND generation = ?3 AND position = ?4")?;
    let (to, believed) = (schema::integer(write.to.0), schema::integer(write.believed.0));
    if advance.execute((to, write.view.name, write.generation.0, believed))? == 0 {
        return Err(WriteError::Fenced { view: write.view.name, believed: write.believed });
    }
    Ok(())
}

fn dead_letters(transaction: &Transaction<'_>, write: &Sorted) -> rusqlite::Result<()> {
    if !write.settled.is_empty() {
        let mut delete =
            transaction.prepare_cached("DELETE FROM parked WHERE view = ?1 AND generation = ?2 AND stream = ?3")?;
        for stream in &write.settled {
            delete.execute((write.view.name, write.generation.0, stream.as_str()))?;
        }
    }
    if !write.parked.is_empty() {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO parked (view, generation, stream, version, position, kind, reason, parked_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for letter in &write.parked {
            insert.execute((
                write.view.name,
                write.generation.0,
                letter.stream.as_str(),
                schema::integer(letter.version.0),
                schema::integer(letter.position.0),
                &*letter.kind,
                &*letter.reason,
                letter.parked_at.timestamp_micros(),
            ))?;
        }
    }
    Ok(())
}

/// The statements of one view, prepared when they are first needed; the connection keeps them for the next batch.
struct Upserts<'c> {
    connection: &'c Connection,
    view: &'static View,
    table: String,
    replace: Option<CachedStatement<'c>>,
    delete: Option<CachedStatement<'c>>,
    updates: HashMap<Shape, CachedStatement<'c>>,
}

impl<'c> Upserts<'c> {
    fn new(connection: &'c Connection, view: &'static View, generation: Generation) -> Self {
        let table = schema::table(view.name, generation);
        Self { connection, view, table, replace: None, delete: None, updates: HashMap::new() }
    }

    fn all(&mut self, rows: &[(Key, Merged)]) -> rusqlite::Result<()> {
        for (key, merged) in rows {
            match merged {
                Merged::Replace(row) => self.replace(key, row)?,
                Merged::Update(cells) => self.update(key, cells)?,
                Merged::Delete => self.delete(key)?,
            }
        }
        Ok(())
    }

    fn replace(&mut self, key: &Key, row: &[Value]) -> rusqlite::Result<()> {
        if self.replace.is_none() {
            let sql = upsert(self.view, &self.table, whole(self.view));
            self.replace = Some(self.connection.prepare_cached(&sql)?);
        }
        let Some(statement) = &mut self.replace else { return Ok(()) };
        for (index, value) in key.iter().chain(row).enumerate() {
            bind(statement, index + 1, value)?;
        }
        statement.raw_execute()?;
        Ok(())
    }

    fn update(&mut self, key: &Key, cells: &[Cell]) -> rusqlite::Result<()> {
        let statement = match self.updates.entry(shape(cells)) {
            std::collections::hash_map::Entry::Occupied(found) => found.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => {
                let sql = upsert(self.view, &self.table, *new.key());
                new.insert(self.connection.prepare_cached(&sql)?)
            }
        };
        for (index, value) in key.iter().enumerate() {
            bind(statement, index + 1, value)?;
        }
        let mut index = key.len();
        for (cell, column) in cells.iter().zip(self.view.columns) {
            match cell {
                Cell::Keep => continue,
                Cell::Set(value) => bind(statement, index + 1, value)?,
                Cell::Add(delta) => {
                    statement.raw_bind_parameter(index + 1, base(column.default).saturating_add(*delta))?;
                }
            }
            index += 1;
        }
        statement.raw_execute()?;
        Ok(())
    }

    fn delete(&mut self, key: &Key) -> rusqlite::Result<()> {
        if self.delete.is_none() {
            let keys = self.view.key.iter().enumerate();
            let keys: Vec<_> = keys.map(|(index, key)| format!("\"{}\" = ?{}", key.name, index + 1)).collect();
            let sql = format!("DELETE FROM \"{}\" WHERE {}", self.table, keys.join(" AND "));
            self.delete = Some(self.connection.prepare_cached(&sql)?);
        }
        let Some(statement) = &mut self.delete else { return Ok(()) };
        for (index, value) in key.iter().enumerate() {
            bind(statement, index + 1, value)?;
        }
        statement.raw_execute()?;
        Ok(())
    }
}

fn upsert(view: &View, table: &str, shape: Shape) -> String {
    let mut names = schema::names(view.key.iter());
    let mut changes = String::new();
    let mut values = view.key.len();
    for (index, column) in view.columns.iter().enumerate() {
        let name = column.name;
        let separator = if changes.is_empty() { "" } else { ", " };
        let written = match at(shape, index) {
            KEEP => continue,
            SET => write!(changes, "{separator}\"{name}\" = excluded.\"{name}\""),
            // The row that would be inserted holds the default as well, which a row that is there does not gain.
            _ => match base(column.default) {
                0 => write!(changes, "{separator}\"{name}\" = coalesce(\"{name}\", 0) + excluded.\"{name}\""),
                base => {
                    write!(changes, "{separator}\"{name}\" = coalesce(\"{name}\", 0) + (excluded.\"{name}\" - {base})")
                }
            },
        };
        written.expect("a string takes what is written to it");
        let _ = write!(names, ", \"{name}\"");
        values += 1;
    }
    let places = (1..=values).map(|place| format!("?{place}")).collect::<Vec<_>>().join(", ");
    let keys = schema::names(view.key.iter());
    let change = if changes.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {changes}") };
    format!("INSERT INTO \"{table}\" ({names}) VALUES ({places}) ON CONFLICT ({keys}) DO {change}")
}

fn insert(view: &View, generation: Generation) -> String {
    let places = (1..=view.key.len() + view.columns.len()).map(|place| format!("?{place}"));
    format!(
        "INSERT INTO \"{}\" ({}) VALUES ({})",
        schema::table(view.name, generation),
        schema::all_names(view),
        places.collect::<Vec<_>>().join(", ")
    )
}

fn insert_row(statement: &mut Statement<'_>, view: &View, key: &Key, merged: &Merged) -> rusqlite::Result<()> {
    let mut index = 0;
    let mut next = || {
        index += 1;
        index
    };
    match merged {
        Merged::Delete => return Ok(()),
        Merged::Replace(row) => {
            for value in key.iter().chain(row) {
                bind(statement, next(), value)?;
            }
        }
        Merged::Update(cells) => {
            for value in key {
                bind(statement, next(), value)?;
            }
            for (cell, column) in cells.iter().zip(view.columns) {
                match cell {
                    Cell::Keep => bind(statement, next(), &column.default.value())?,
                    Cell::Set(value) => bind(statement, next(), value)?,
                    Cell::Add(delta) => {
                        statement.raw_bind_parameter(next(), base(column.default).saturating_add(*delta))?;
                    }
                }
            }
        }
    }
    statement.raw_execute()?;
    Ok(())
}

fn bind(statement: &mut Statement<'_>, index: usize, value: &Value) -> rusqlite::Result<()> {
    match value {
        Value::Null => statement.raw_bind_parameter(index, Null),
        Value::Int(value) => statement.raw_bind_parameter(index, value),
        Value::Text(text) => statement.raw_bind_parameter(index, &**text),
    }
}
