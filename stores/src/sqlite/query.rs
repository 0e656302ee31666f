//! Questions to a connection.

use std::{collections::HashMap, fmt::Write, sync::Arc};

use orderflow_engine::{Kinds, Page, Position, RawEvent, Snapshot, StreamName, Version, Wanted};
use quick_cache::sync::Cache;
use rusqlite::{Connection, OptionalExtension, Row, types::ValueRef};

use crate::page::{EventRow, MAX_CONSIDERED, NoTime, PageBuilder};

/// Names of streams by id, shared by the connections of a pool.
pub(super) type StreamNames = Cache<i64, StreamName>;

/// A reading connection and the kinds it has met.
pub(super) struct ReadConnection {
    connection: Connection,
    kinds: KindTable,
    names: Arc<StreamNames>,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum QueryError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("the file is damaged: {0}")]
    Damaged(String),
}

/// Kinds are few and never change their id.
#[derive(Default)]
struct KindTable {
    names: HashMap<i64, Arc<str>>,
    ids: HashMap<Arc<str>, i64>,
    last: i64,
}

pub(super) fn head(connection: &Connection) -> rusqlite::Result<Position> {
    let mut statement = connection.prepare_cached(include_str!("sql/head.sql"))?;
    let last: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(Position(last.unwrap_or(0).cast_unsigned()))
}

/// Changes when another connection commits.
pub(super) fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached(include_str!("sql/data_version.sql"))?.query_row([], |row| row.get(0))
}

impl ReadConnection {
    pub(super) fn new(connection: Connection, names: Arc<StreamNames>) -> Self {
        Self { connection, kinds: KindTable::default(), names }
    }

    pub(super) fn head(&self) -> Result<Position, QueryError> {
        Ok(head(&self.connection)?)
    }

    pub(super) fn read_stream(
        &mut self, stream: &StreamName, after: Version, limit: usize,
    ) -> Result<Vec<RawEvent>, QueryError> {
        let mut statement = self.connection.prepare_cached(include_str!("sql/read_stream.sql"))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query((stream.as_str(), signed(after.0), limit))?;
        let mut page = PageBuilder::default();
        while let Some(row) = rows.next()? {
            let kind = self.kinds.name(&self.connection, row.get(3)?)?;
            push(&mut page, row, stream.clone(), kind)?;
        }
        Ok(page.finish())
    }

    /// `head` is a position that is durable already, so everything up to it is visible to this connection.
    pub(super) fn read_all(
        &mut self, after: Position, limit: usize, wanted: &Wanted, head: Position,
    ) -> Result<Page, QueryError> {
        let considered = u64::try_from(limit).unwrap_or(u64::MAX).min(MAX_CONSIDERED);
        let through = Position(after.0.saturating_add(considered).min(head.0));
        if through <= after {
            return Ok(Page { events: Vec::new(), through: after });
        }
        let slices = wanted.slices;
        let (mut statement, wanted) = match &wanted.kinds {
            Kinds::All => (self.connection.prepare_cached(include_str!("sql/read_all.sql"))?, None),
            Kinds::Only(kinds) => {
                let wanted = self.kinds.ids(&self.connection, kinds)?;
                (self.connection.prepare_cached(include_str!("sql/read_all_of_kinds.sql"))?, Some(wanted))
            }
        };
        let (after, last) = (signed(after.0), signed(through.0));
        let mut rows = match wanted {
            None => statement.query((after, last))?,
            Some(wanted) => statement.query((after, last, wanted))?,
        };
        let mut page = PageBuilder::default();
        let mut latest: Option<(i64, StreamName)> = None;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(1)?;
            let stream = match &latest {
                Some((same, name)) if *same == id => name.clone(),
                _ => {
                    let name = stream_name(&self.connection, &self.names, id)?;
                    latest = Some((id, name.clone()));
                    name
                }
            };
            if !slices.hold(&stream) {
                continue;
            }
            let kind = self.kinds.name(&self.connection, row.get(3)?)?;
            push(&mut page, row, stream, kind)?;
            if page.is_full() {
                let through = page.through();
                return Ok(Page { events: page.finish(), through });
            }
        }
        Ok(Page { events: page.finish(), through })
    }

    pub(super) fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, QueryError> {
        let mut statement = self.connection.prepare_cached(include_str!("sql/load_snapshot.sql"))?;
        let snapshot = |row: &Row<'_>| {
            Ok(Snapshot {
                version: Version(row.get::<_, i64>(0)?.cast_unsigned()),
                schema: row.get(1)?,
                data: bytes(row.get_ref(2)?).to_vec().into(),
            })
        };
        Ok(statement.query_row([stream.as_str()], snapshot).optional()?)
    }
}

impl KindTable {
    fn name(&mut self, connection: &Connection, id: i64) -> Result<Arc<str>, QueryError> {
        if !self.names.contains_key(&id) {
            self.learn(connection)?;
        }
        self.names.get(&id).cloned().ok_or_else(|| QueryError::Damaged(format!("no kind has the id {id}")))
    }

    /// The ids of those kinds that occur in the log so far, as a JSON array.
    fn ids(&mut self, connection: &Connection, kinds: &[&'static str]) -> Result<String, QueryError> {
        if kinds.iter().any(|kind| !self.ids.contains_key(*kind)) {
            self.learn(connection)?;
        }
        let mut ids = String::from("[");
        for id in kinds.iter().filter_map(|kind| self.ids.get(*kind)) {
            let separator = if ids.len() > 1 { "," } else { "" };
            write!(ids, "{separator}{id}").expect("a string takes what is written to it");
        }
        ids.push(']');
        Ok(ids)
    }

    fn learn(&mut self, connection: &Connection) -> Result<(), QueryError> {
        let mut statement = connection.prepare_cached(include_str!("sql/list_kinds.sql"))?;
        let mut rows = statement.query([self.last])?;
        while let Some(row) = rows.next()? {
            let (id, name): (i64, Arc<str>) = (row.get(0)?, row.get(1)?);
            self.names.insert(id, Arc::clone(&name));
            self.ids.insert(name, id);
            self.last = self.last.max(id);
        }
        Ok(())
    }
}

fn stream_name(connection: &Connection, names: &StreamNames, id: i64) -> Result<StreamName, QueryError> {
    if let Some(name) = names.get(&id) {
        return Ok(name);
    }
    let mut statement = connection.prepare_cached(include_str!("sql/stream_name.sql"))?;
    let name: Arc<str> = statement.query_row([id], |row| row.get(0))?;
    let name = StreamName::parse(name).map_err(|invalid| QueryError::Damaged(invalid.to_string()))?;
    names.insert(id, name.clone());
    Ok(name)
}

/// Takes the columns position, stream, version, kind, time, metadata, data.
fn push(page: &mut PageBuilder, row: &Row<'_>, stream: StreamName, kind: Arc<str>) -> Result<(), QueryError> {
    let (metadata, data) = (bytes(row.get_ref(5)?), bytes(row.get_ref(6)?));
    let row = EventRow { position: row.get(0)?, version: row.get(2)?, time_us: row.get(4)?, metadata, data };
    page.push(&row, stream, kind).map_err(|damage: NoTime| QueryError::Damaged(damage.to_string()))
}

fn bytes(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => &[],
    }
}

/// No position and no version comes near this bound; a caller may still ask from beyond it.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
