//! Questions to a connection.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, PoisonError, RwLock},
};

use futures::TryStreamExt;
use orderflow_engine::{Kinds, Page, Position, RawEvent, Slices, Snapshot, StreamName, Version, Wanted};
use quick_cache::sync::Cache;
use sqlx::{
    PgConnection, Postgres, Row,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use crate::page::{EventRow, FULL_BYTES, MAX_CONSIDERED, NoTime, PageBuilder};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum QueryError {
    #[error(transparent)]
    Server(#[from] sqlx::Error),
    #[error("the event store is damaged: {0}")]
    Damaged(String),
}

/// What readers remember, because it never changes: the names of streams and kinds by their ids.
pub(super) struct Names {
    streams: Cache<i64, StreamName>,
    kinds: RwLock<HashMap<i16, Arc<str>>>,
}

/// Which events of the log a page holds.
pub(super) enum Which<'a> {
    Wanted(&'a Wanted),
    /// Those of the streams of one category.
    Category(&'a str),
}

/// How many positions the first statement for a page considers. A page that is full ends within a statement, whose
/// other rows come all the same; so large events make small statements, and small ones ever larger statements.
const FIRST_SPAN: u64 = 1024;

pub(super) async fn head(connection: &mut PgConnection) -> Result<Position, sqlx::Error> {
    let position: i64 = sqlx::query_scalar(include_str!("sql/head.sql")).fetch_one(connection).await?;
    Ok(Position(position.cast_unsigned()))
}

/// Where a page that considers up to `limit` events ends, when the log ends at `head`.
pub(super) fn page_end(after: Position, limit: usize, head: Position) -> Position {
    let considered = u64::try_from(limit).unwrap_or(u64::MAX).min(MAX_CONSIDERED);
    Position(after.0.saturating_add(considered).min(head.0))
}

pub(super) async fn load_snapshot(
    connection: &mut PgConnection, stream: &StreamName,
) -> Result<Option<Snapshot>, QueryError> {
    let query = sqlx::query_as(include_str!("sql/load_snapshot.sql")).bind(stream.as_str());
    let Some((version, schema, data)) = query.fetch_optional(connection).await? else { return Ok(None) };
    let (version, schema, data): (i64, i64, Vec<u8>) = (version, schema, data);
    let schema = u32::try_from(schema).map_err(|_| QueryError::Damaged(format!("{stream} has no good snapshot")))?;
    Ok(Some(Snapshot { version: Version(version.cast_unsigned()), schema, data: data.into() }))
}

impl Names {
    pub(super) fn new(cached_streams: usize) -> Self {
        Self { streams: Cache::new(cached_streams.max(1)), kinds: RwLock::default() }
    }

    pub(super) async fn read_stream(
        &self, connection: &mut PgConnection, stream: &StreamName, after: Version, limit: usize,
    ) -> Result<Vec<RawEvent>, QueryError> {
        let query = sqlx::query(include_str!("sql/read_stream.sql"));
        let query = query.bind(stream.as_str()).bind(signed(after.0)).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = query.fetch_all(&mut *connection).await?;
        let kinds = self.kinds_of(connection, &rows).await?;
        let mut page = PageBuilder::default();
        for row in &rows {
            push(&mut page, row, stream.clone(), &kinds)?;
        }
        Ok(page.finish())
    }

    /// `through` was seen on this connection, so everything up to it is visible.
    pub(super) async fn page(
        &self, connection: &mut PgConnection, after: Position, through: Position, which: &Which<'_>,
    ) -> Result<Page, QueryError> {
        let Taken { rows, through } = take(connection, after, through, which).await?;
        let kinds = self.kinds_of(connection, &rows).await?;
        let streams = self.streams_of(connection, &rows).await?;
        let mut page = PageBuilder::default();
        for row in &rows {
            let id: i64 = row.try_get(1)?;
            let stream = streams.get(&id).cloned();
            let stream = stream.ok_or_else(|| QueryError::Damaged(format!("no stream has the id {id}")))?;
            push(&mut page, row, stream, &kinds)?;
        }
        Ok(Page { events: page.finish(), through })
    }

    /// The names of the streams of these rows; asks for those that are not remembered.
    async fn streams_of(
        &self, connection: &mut PgConnection, rows: &[PgRow],
    ) -> Result<HashMap<i64, StreamName>, QueryError> {
        let mut names = HashMap::new();
        let mut unknown = Vec::new();
        for row in rows {
            if let Entry::Vacant(vacant) = names.entry(row.try_get(1)?) {
                match self.streams.get(vacant.key()) {
                    Some(name) => drop(vacant.insert(Some(name))),
                    None => {
                        unknown.push(*vacant.key());
                        vacant.insert(None);
                    }
                }
            }
        }
        if !unknown.is_empty() {
            let query = sqlx::query_as(include_str!("sql/stream_names.sql")).bind(unknown);
            let found: Vec<(i64, String)> = query.fetch_all(connection).await?;
            for (id, name) in found {
                let name = StreamName::parse(name).map_err(|invalid| QueryError::Damaged(invalid.to_string()))?;
                self.streams.insert(id, name.clone());
                names.insert(id, Some(name));
            }
        }
        Ok(names.into_iter().filter_map(|(id, name)| Some((id, name?))).collect())
    }

    /// The names of the kinds of these rows; asks for all there are when one is new.
    async fn kinds_of(
        &self, connection: &mut PgConnection, rows: &[PgRow],
    ) -> Result<HashMap<i16, Arc<str>>, QueryError> {
        let known = self.kinds.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut has_new = false;
        for row in rows {
            has_new |= !known.contains_key(&row.try_get::<i16, _>(3)?);
        }
        if !has_new {
            return Ok(known);
        }
        let kinds: Vec<(i16, String)> =
            sqlx::query_as(include_str!("sql/list_kinds.sql")).fetch_all(connection).await?;
        let kinds: HashMap<_, _> = kinds.into_iter().map(|(id, name)| (id, Arc::from(name))).collect();
        self.kinds.write().unwrap_or_else(PoisonError::into_inner).clone_from(&kinds);
        Ok(kinds)
    }
}

type EventQuery = Query<'static, Postgres, PgArguments>;

impl Which<'_> {
    /// The query for those between two positions.
    fn between(&self, after: Position, through: Position) -> EventQuery {
        let query = |sql| sqlx::query(sql).bind(signed(after.0)).bind(signed(through.0));
        match self {
            Self::Category(category) => query(include_str!("sql/read_category.sql")).bind((*category).to_owned()),
            Self::Wanted(Wanted { kinds: Kinds::All, slices: Slices::ALL }) => query(include_str!("sql/read_all.sql")),
            Self::Wanted(Wanted { kinds, slices }) => {
                let kinds = match kinds {
                    Kinds::All => None,
                    Kinds::Only(kinds) => Some(kinds.to_vec()),
                };
                let slices: Vec<_> = slices.iter().map(|slice| slice.number() as i16).collect();
                query(include_str!("sql/read_all_wanted.sql")).bind(kinds).bind(slices)
            }
        }
    }
}

/// Rows of events, and up to where there are no others.
struct Taken {
    rows: Vec<PgRow>,
    through: Position,
}

/// Takes no more rows than a page holds, however large the events are.
async fn take(
    connection: &mut PgConnection, after: Position, through: Position, which: &Which<'_>,
) -> Result<Taken, QueryError> {
    let (mut rows, mut bytes) = (Vec::new(), 0);
    let (mut reached, mut span) = (after, FIRST_SPAN);
    while reached < through {
        let end = through.min(Position(reached.0.saturating_add(span)));
        let mut answer = which.between(reached, end).fetch(&mut *connection);
        while let Some(row) = answer.try_next().await? {
            bytes += row.try_get::<&[u8], _>(5)?.len() + row.try_get::<&[u8], _>(6)?.len();
            let position: i64 = row.try_get(0)?;
            rows.push(row);
            if bytes >= FULL_BYTES {
                return Ok(Taken { rows, through: Position(position.cast_unsigned()) });
            }
        }
        reached = end;
        if bytes < FULL_BYTES / 4 {
            span *= 2;
        }
    }
    Ok(Taken { rows, through })
}

/// Takes the columns position, stream, version, kind, time, metadata, data.
fn push(
    page: &mut PageBuilder, row: &PgRow, stream: StreamName, kinds: &HashMap<i16, Arc<str>>,
) -> Result<(), QueryError> {
    let id: i16 = row.try_get(3)?;
    let kind = kinds.get(&id).cloned().ok_or_else(|| QueryError::Damaged(format!("no kind has the id {id}")))?;
    let row = EventRow {
        position: row.try_get(0)?,
        version: row.try_get(2)?,
        time_us: row.try_get(4)?,
        metadata: row.try_get(5)?,
        data: row.try_get(6)?,
    };
    page.push(&row, stream, kind).map_err(|damage: NoTime| QueryError::Damaged(damage.to_string()))
}

/// No position and no version comes near this bound; a caller may still ask from beyond it.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
