//! Long reads: digests, comparisons, dead letters.

use std::collections::BTreeMap;

use chrono::DateTime;
use orderflow_engine::{
    StreamName, Version, View,
    projection::{Key, Value},
};
use rusqlite::{Connection, Row, types::ValueRef};
use tokio::sync::oneshot;

use super::{
    super::{Comparison, DeadLetter, Digest, Generation, ParkedStream},
    schema,
};

fn value(row: &Row<'_>, index: usize) -> rusqlite::Result<Value> {
    match row.get_ref(index)? {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(value) => Ok(Value::Int(value)),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).map_err(|error| rusqlite::Error::Utf8Error(index, error))?;
            Ok(Value::from(text))
        }
        other @ (ValueRef::Real(_) | ValueRef::Blob(_)) => {
            Err(rusqlite::Error::InvalidColumnType(index, "a row of a view".to_owned(), other.data_type()))
        }
    }
}

fn values(row: &Row<'_>, range: std::ops::Range<usize>) -> rusqlite::Result<Vec<Value>> {
    range.map(|index| value(row, index)).collect()
}

fn select(view: &View, table: &str) -> String {
    format!("SELECT {} FROM \"{table}\"", schema::all_names(view))
}

pub(super) fn rows(connection: &Connection, view: &View) -> rusqlite::Result<BTreeMap<Key, Vec<Value>>> {
    let (keys, width) = (view.key.len(), view.key.len() + view.columns.len());
    let mut statement = connection.prepare(&select(view, view.name))?;
    let rows = statement.query_map([], |row| Ok((values(row, 0..keys)?, values(row, keys..width)?)))?;
    rows.collect()
}

pub(super) fn digest(connection: &Connection, view: &View, generation: Generation) -> rusqlite::Result<Digest> {
    let width = view.key.len() + view.columns.len();
    let mut statement = connection.prepare(&select(view, &schema::table(view.name, generation)))?;
    let mut rows = statement.query([])?;
    let mut digest = Digest::default();
    while let Some(row) = rows.next()? {
        digest.add(values(row, 0..width)?.iter());
    }
    Ok(digest)
}

pub(super) fn count(connection: &Connection, view: &View, generation: Generation) -> rusqlite::Result<u64> {
    let sql = format!("SELECT count(*) FROM \"{}\"", schema::table(view.name, generation));
    connection.query_row(&sql, [], |row| row.get(0)).map(schema::natural)
}

pub(super) fn compare(
    connection: &Connection, view: &View, serving: Generation, building: Generation, opened: oneshot::Sender<()>,
) -> rusqlite::Result<Comparison> {
    // The first read is what fixes the instant that a transaction sees.
    connection.query_row("SELECT count(*) FROM projections", [], |_| Ok(()))?;
    // Whoever no longer waits for it does not mind.
    let _ = opened.send(());
    let mut comparison = Comparison {
        serving: digest(connection, view, serving)?,
        building: digest(connection, view, building)?,
        sample: Vec::new(),
    };
    if !comparison.is_equal() {
        let left = select(view, &schema::table(view.name, serving));
        let right = select(view, &schema::table(view.name, building));
        let sql = format!(
            "SELECT DISTINCT {} FROM (SELECT * FROM ({left} EXCEPT {right}) UNION ALL SELECT * FROM ({right} EXCEPT {left})) \
             LIMIT {}",
            schema::names(view.key.iter()),
            Comparison::SAMPLE
        );
        let mut statement = connection.prepare(&sql)?;
        let keys = statement.query_map([], |row| values(row, 0..view.key.len()))?;
        comparison.sample = keys.collect::<rusqlite::Result<_>>()?;
    }
    Ok(comparison)
}

fn stream(row: &Row<'_>, index: usize) -> rusqlite::Result<StreamName> {
    StreamName::parse(row.get::<_, String>(index)?).map_err(|invalid| {
        rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, Box::new(invalid))
    })
}

pub(super) fn parked_streams(
    connection: &Connection, view: &View, generation: Generation,
) -> rusqlite::Result<Vec<ParkedStream>> {
    let mut statement = connection.prepare(
        "SELECT stream, min(version), count(*) FROM parked WHERE view = ?1 AND generation = ?2 \
         GROUP BY stream ORDER BY stream",
    )?;
    let streams = statement.query_map((view.name, generation.0), |row| {
        Ok(ParkedStream {
            stream: stream(row, 0)?,
            first: Version(schema::natural(row.get(1)?)),
            events: schema::natural(row.get(2)?),
        })
    })?;
    streams.collect()
}

pub(super) fn dead_letters(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<DeadLetter>> {
    let mut statement = connection.prepare(
        "SELECT view, stream, version, position, kind, reason, parked_at FROM dead_letters \
         ORDER BY view, stream, version LIMIT ?1",
    )?;
    let letters = statement.query_map([schema::integer(limit as u64)], |row| {
        Ok(DeadLetter {
            view: row.get(0)?,
            stream: stream(row, 1)?,
            version: Version(schema::natural(row.get(2)?)),
            position: schema::position(row.get(3)?),
            kind: row.get(4)?,
            reason: row.get(5)?,
            parked_at: DateTime::from_timestamp_micros(row.get(6)?).unwrap_or_default(),
        })
    })?;
    letters.collect()
}
