//! The statements of the writer: one append, or one snapshot, inside the open transaction.

use std::collections::HashMap;

use orderflow_engine::{Append, AppendError, Appended, ExpectedVersion, Position, Snapshot, StreamName, Version};
use rusqlite::{
    Connection, OptionalExtension, Statement, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use super::{
    cache::{Stream, StreamCache},
    query,
};

/// Prepared once for the life of the writer.
pub(super) struct Batch<'c> {
    connection: &'c Connection,
    begin: Statement<'c>,
    commit: Statement<'c>,
    insert_event: Statement<'c>,
    insert_stream: Statement<'c>,
    find_stream: Statement<'c>,
    save_snapshot: Statement<'c>,
    streams: StreamCache,
    kinds: HashMap<&'static str, i64>,
    /// The position of the last event inserted, committed or not.
    last: Position,
}

/// JSON as it came: it is stored as text without being looked at.
struct Json<'a>(&'a [u8]);

impl ToSql for Json<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

impl<'c> Batch<'c> {
    pub(super) fn new(connection: &'c Connection, cached_streams: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            begin: connection.prepare("BEGIN IMMEDIATE")?,
            commit: connection.prepare("COMMIT")?,
            insert_event: connection.prepare(include_str!("sql/insert_event.sql"))?,
            insert_stream: connection.prepare(include_str!("sql/insert_stream.sql"))?,
            find_stream: connection.prepare(include_str!("sql/find_stream.sql"))?,
            save_snapshot: connection.prepare(include_str!("sql/save_snapshot.sql"))?,
            streams: StreamCache::new(cached_streams),
            kinds: HashMap::new(),
            last: query::head(connection)?,
        })
    }

    pub(super) fn last(&self) -> Position {
        self.last
    }

    pub(super) fn begin(&mut self) -> rusqlite::Result<()> {
        self.begin.raw_execute().map(drop)
    }

    pub(super) fn commit(&mut self) -> rusqlite::Result<()> {
        self.commit.raw_execute().map(drop)
    }

    /// Forgets the transaction, and everything remembered since it began.
    pub(super) fn roll_back(&mut self) -> rusqlite::Result<()> {
        self.streams.clear();
        self.kinds.clear();
        // Some errors make SQLite roll back by itself.
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        self.last = query::head(self.connection)?;
        Ok(())
    }

    /// A conflict is an answer; an error spoils the transaction.
    pub(super) fn append(&mut self, append: &Append) -> rusqlite::Result<Result<Appended, AppendError>> {
        let Append { stream: name, expected, events, metadata, time } = append;
        let stream = match self.advance(name, *expected, events.len())? {
            Ok(stream) => stream,
            Err(actual) => return Ok(Err(AppendError::Conflict { expected: *expected, actual })),
        };
        self.insert_event.raw_bind_parameter(1, stream.id)?;
        self.insert_event.raw_bind_parameter(4, time.timestamp_micros())?;
        self.insert_event.raw_bind_parameter(5, Json(metadata))?;
        let mut version = stream.version;
        for event in events {
            version = version.plus(1);
            let kind = self.kind(event.kind)?;
            self.insert_event.raw_bind_parameter(2, version.0.cast_signed())?;
            self.insert_event.raw_bind_parameter(3, kind)?;
            self.insert_event.raw_bind_parameter(6, Json(&event.data))?;
            self.insert_event.raw_execute()?;
            self.last = Position(self.last.0 + 1);
            if self.connection.last_insert_rowid() != self.last.0.cast_signed() {
                return Err(foreign_write());
            }
        }
        Ok(Ok(Appended { version, position: self.last }))
    }

    /// The snapshot of a stream that does not exist is dropped.
    pub(super) fn snapshot(&mut self, name: &StreamName, snapshot: &Snapshot) -> rusqlite::Result<()> {
        let Ok(stream) = self.advance(name, ExpectedVersion::Exists, 0)? else { return Ok(()) };
        let version = snapshot.version.0.cast_signed();
        self.save_snapshot.execute((stream.id, version, snapshot.schema, Json(&snapshot.data))).map(drop)
    }

    /// The stream as it was before `events` more, made if it does not exist; or its version if `expected` forbids that.
    fn advance(
        &mut self, name: &StreamName, expected: ExpectedVersion, events: usize,
    ) -> rusqlite::Result<Result<Stream, Version>> {
        let advance = |stream: &mut Stream| {
            let before = *stream;
            if !expected.admits(before.version) {
                return Err(before.version);
            }
            stream.version = before.version.plus(events);
            Ok(before)
        };
        if let Some(verdict) = self.streams.with(name, advance) {
            return Ok(verdict);
        }
        // A writer that expects no stream is nearly always right, and then the insertion is the only look-up.
        let found = match expected {
            ExpectedVersion::NoStream => None,
            ExpectedVersion::Any | ExpectedVersion::Exists | ExpectedVersion::Exactly(_) => self.find(name)?,
        };
        let mut stream = match found {
            Some(stream) => stream,
            None if !expected.admits(Version::ZERO) => return Ok(Err(Version::ZERO)),
            None if self.insert_stream.execute([name.as_str()])? == 1 => {
                Stream { id: self.connection.last_insert_rowid(), version: Version::ZERO }
            }
            None => self.find(name)?.ok_or_else(foreign_write)?,
        };
        let verdict = advance(&mut stream);
        self.streams.insert(name.clone(), stream);
        Ok(verdict)
    }

    fn find(&mut self, name: &StreamName) -> rusqlite::Result<Option<Stream>> {
        let stream = |row: &rusqlite::Row<'_>| {
            let version = row.get::<_, Option<i64>>(1)?.unwrap_or(0);
            Ok(Stream { id: row.get(0)?, version: Version(version.cast_unsigned()) })
        };
        self.find_stream.query_row([name.as_str()], stream).optional()
    }

    fn kind(&mut self, name: &'static str) -> rusqlite::Result<i64> {
        if let Some(id) = self.kinds.get(name) {
            return Ok(*id);
        }
        let find = include_str!("sql/find_kind.sql");
        let id = match self.connection.query_row(find, [name], |row| row.get(0)).optional()? {
            Some(id) => id,
            None => {
                self.connection.execute(include_str!("sql/insert_kind.sql"), [name])?;
                self.connection.last_insert_rowid()
            }
        };
        self.kinds.insert(name, id);
        Ok(id)
    }
}

/// The lock keeps other processes of this program out, but not a person with another tool.
fn foreign_write() -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure("another program wrote to the event store".into())
}
