//! Long reads: digests, comparisons; and dead letters.

use std::collections::BTreeMap;

use chrono::DateTime;
use futures::TryStreamExt;
use orderflow_engine::{
    StreamName, Version, View,
    projection::{Column, ColumnKind, Key, Value},
};
use sqlx::{PgConnection, PgPool, Row, postgres::PgRow};
use tokio::sync::oneshot;

use super::{
    super::{Comparison, DeadLetter, Digest, Generation, ParkedStream, TargetError},
    schema::{self, natural, small},
    session::{Session, generated, statement},
};

/// The columns of a row as the view declares them, the key's first.
fn columns(view: &'static View) -> impl Iterator<Item = &'static Column> {
    view.key.iter().chain(view.columns)
}

fn values<'a>(row: &PgRow, columns: impl Iterator<Item = &'a Column>, first: usize) -> sqlx::Result<Vec<Value>> {
    let value = |(column, index): (&Column, usize)| match column.kind {
        ColumnKind::Int => Ok(row.try_get::<Option<i64>, _>(index)?.into()),
        ColumnKind::Text | ColumnKind::Json | ColumnKind::Words => Ok(row.try_get::<Option<&str>, _>(index)?.into()),
    };
    columns.zip(first..).map(value).collect()
}

fn select(view: &View, table: &str) -> String {
    format!("SELECT {} FROM \"{table}\"", schema::all_names(view))
}

pub(super) async fn rows(
    connection: &mut PgConnection, view: &'static View,
) -> Result<BTreeMap<Key, Vec<Value>>, TargetError> {
    let mut found = generated(select(view, view.name)).fetch(connection);
    let mut rows = BTreeMap::new();
    while let Some(row) = found.try_next().await? {
        rows.insert(values(&row, view.key.iter(), 0)?, values(&row, view.columns.iter(), view.key.len())?);
    }
    Ok(rows)
}

pub(super) async fn digest(
    connection: &mut PgConnection, view: &'static View, generation: Generation,
) -> Result<Digest, TargetError> {
    let mut rows = generated(select(view, &schema::table(view.name, generation))).fetch(connection);
    let mut digest = Digest::default();
    while let Some(row) = rows.try_next().await? {
        digest.add(values(&row, columns(view), 0)?.iter());
    }
    Ok(digest)
}

pub(super) async fn count(
    connection: &mut PgConnection, view: &View, generation: Generation,
) -> Result<u64, TargetError> {
    let sql = format!("SELECT count(*) FROM \"{}\"", schema::table(view.name, generation));
    Ok(natural(generated(sql).fetch_one(connection).await?.try_get(0)?))
}

pub(super) async fn compare(
    connection: &mut PgConnection, view: &'static View, serving: Generation, building: Generation,
    opened: oneshot::Sender<()>,
) -> Result<Comparison, TargetError> {
    let (left, right) = (schema::table(view.name, serving), schema::table(view.name, building));
    statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut *connection).await?;
    // Neither must be dropped before it has been read.
    generated(format!("LOCK TABLE \"{left}\", \"{right}\" IN ACCESS SHARE MODE")).execute(&mut *connection).await?;
    // The first read is what fixes the instant that a transaction sees.
    statement("SELECT 1 FROM generations LIMIT 1").execute(&mut *connection).await?;
    // Whoever no longer waits for it does not mind.
    let _ = opened.send(());
    let mut comparison = Comparison {
        serving: digest(connection, view, serving).await?,
        building: digest(connection, view, building).await?,
        sample: Vec::new(),
    };
    if !comparison.is_equal() {
        let (left, right) = (select(view, &left), select(view, &right));
        let sql = format!(
            "SELECT DISTINCT {} FROM (({left} EXCEPT {right}) UNION ALL ({right} EXCEPT {left})) AS different LIMIT {}",
            schema::names(view.key.iter()),
            Comparison::SAMPLE
        );
        let keys = generated(sql).fetch_all(&mut *connection).await?;
        comparison.sample = keys.iter().map(|row| values(row, view.key.iter(), 0)).collect::<sqlx::Result<_>>()?;
    }
    Ok(comparison)
}

fn stream(row: &PgRow, index: usize) -> Result<StreamName, TargetError> {
    StreamName::parse(row.try_get::<String, _>(index)?).map_err(TargetError::new)
}

pub(super) async fn parked_streams(
    pool: &PgPool, view: &View, generation: Generation,
) -> Result<Vec<ParkedStream>, TargetError> {
    let mut session = Session::take(pool).await?;
    let select = statement(include_str!("sql/parked_streams.sql")).bind(view.name).bind(small(generation.0));
    let found = session.rows(select).await?;
    session.end();
    let parked = |row: &PgRow| {
        let (stream, first) = (stream(row, 0)?, Version(natural(row.try_get(1)?)));
        Ok(ParkedStream { stream, first, events: natural(row.try_get(2)?) })
    };
    found.iter().map(parked).collect()
}

pub(super) async fn dead_letters(pool: &PgPool, limit: usize) -> Result<Vec<DeadLetter>, TargetError> {
    let mut session = Session::take(pool).await?;
    let select = statement(include_str!("sql/dead_letters.sql")).bind(schema::integer(limit as u64));
    let found = session.rows(select).await?;
    session.end();
    let letter = |row: &PgRow| {
        Ok(DeadLetter {
            view: row.try_get::<&str, _>(0)?.into(),
            stream: stream(row, 1)?,
            version: Version(natural(row.try_get(2)?)),
            position: schema::position(row.try_get(3)?),
            kind: row.try_get::<&str, _>(4)?.into(),
            reason: row.try_get::<&str, _>(5)?.into(),
            parked_at: DateTime::from_timestamp_micros(row.try_get(6)?).unwrap_or_default(),
        })
    };
    found.iter().map(letter).collect()
}
