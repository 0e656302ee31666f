//! The closed set of stores, so that no generic spreads through the program and nothing on a hot path is boxed.

use orderflow_engine::{
    Append, EventReader, EventStore, MemoryStore, Page, Position, RawEvent, ReadError, Snapshot, StreamName, Ticket,
    Version, Wanted, Writers,
};
use tokio::sync::watch;

use crate::{
    kurrent::{KurrentReader, KurrentStore},
    postgres::{PostgresReader, PostgresStore},
    sqlite::{SqliteReader, SqliteStore, StoreHealth},
};

/// The event store that the configuration names.
#[derive(Clone)]
pub enum AnyStore {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
    Kurrent(KurrentStore),
    Memory(MemoryStore),
}

/// The reading half of the event store that the configuration names. There is no way from it to an append.
#[derive(Clone)]
pub struct AnyReader(Reader);

#[derive(Clone)]
enum Reader {
    Sqlite(SqliteReader),
    Postgres(PostgresReader),
    Kurrent(KurrentReader),
    Memory(MemoryStore),
}

/// Calls the same method on whichever store it is.
macro_rules! dispatch {
    ($set:ident, $value:expr, $store:ident => $call:expr) => {
        match $value {
            $set::Sqlite($store) => $call,
            $set::Postgres($store) => $call,
            $set::Kurrent($store) => $call,
            $set::Memory($store) => $call,
        }
    };
}

impl AnyStore {
    #[must_use]
    pub fn reader(&self) -> AnyReader {
        AnyReader(match self {
            Self::Sqlite(store) => Reader::Sqlite(store.reader()),
            Self::Postgres(store) => Reader::Postgres(store.reader()),
            Self::Kurrent(store) => Reader::Kurrent(store.reader()),
            Self::Memory(store) => Reader::Memory(store.clone()),
        })
    }

    #[must_use]
    pub fn health(&self) -> StoreHealth {
        match self {
            Self::Sqlite(store) => store.health(),
            Self::Postgres(store) => store.health(),
            Self::Kurrent(store) => store.health(),
            Self::Memory(_) => StoreHealth::Serving,
        }
    }

    /// Decides what is queued, refuses what comes later, and waits until what the store holds is at rest.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
            Self::Kurrent(store) => store.close().await,
            Self::Memory(_) => {}
        }
    }
}

impl From<SqliteStore> for AnyStore {
    fn from(store: SqliteStore) -> Self {
        Self::Sqlite(store)
    }
}

impl From<PostgresStore> for AnyStore {
    fn from(store: PostgresStore) -> Self {
        Self::Postgres(store)
    }
}

impl From<KurrentStore> for AnyStore {
    fn from(store: KurrentStore) -> Self {
        Self::Kurrent(store)
    }
}

impl From<MemoryStore> for AnyStore {
    fn from(store: MemoryStore) -> Self {
        Self::Memory(store)
    }
}

impl From<SqliteReader> for AnyReader {
    fn from(reader: SqliteReader) -> Self {
        Self(Reader::Sqlite(reader))
    }
}

impl From<PostgresReader> for AnyReader {
    fn from(reader: PostgresReader) -> Self {
        Self(Reader::Postgres(reader))
    }
}

impl From<KurrentReader> for AnyReader {
    fn from(reader: KurrentReader) -> Self {
        Self(Reader::Kurrent(reader))
    }
}

impl EventReader for AnyStore {
    async fn read_stream(&self, stream: &StreamName, after: Version, limit: usize) -> Result<Vec<RawEvent>, ReadError> {
        dispatch!(Self, self, store => store.read_stream(stream, after, limit).await)
    }

    async fn read_all(&self, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, ReadError> {
        dispatch!(Self, self, store => store.read_all(after, limit, wanted).await)
    }

    async fn head(&self) -> Result<Position, ReadError> {
        dispatch!(Self, self, store => store.head().await)
    }

    fn watch(&self) -> watch::Receiver<Position> {
        dispatch!(Self, self, store => store.watch())
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        dispatch!(Self, self, store => store.load_snapshot(stream).await)
    }
}

impl EventStore for AnyStore {
    fn writers(&self) -> Writers {
        dispatch!(Self, self, store => store.writers())
    }

    async fn submit_after(&self, append: Append, rests_on: Option<Ticket>) -> Ticket {
        dispatch!(Self, self, store => store.submit_after(append, rests_on).await)
    }

    async fn save_snapshot(&self, stream: StreamName, snapshot: Snapshot) {
        dispatch!(Self, self, store => store.save_snapshot(stream, snapshot).await);
    }
}

impl EventReader for AnyReader {
    async fn read_stream(&self, stream: &StreamName, after: Version, limit: usize) -> Result<Vec<RawEvent>, ReadError> {
        dispatch!(Reader, &self.0, reader => reader.read_stream(stream, after, limit).await)
    }

    async fn read_all(&self, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, ReadError> {
        dispatch!(Reader, &self.0, reader => reader.read_all(after, limit, wanted).await)
    }

    async fn head(&self) -> Result<Position, ReadError> {
        dispatch!(Reader, &self.0, reader => reader.head().await)
    }

    fn watch(&self) -> watch::Receiver<Position> {
        dispatch!(Reader, &self.0, reader => reader.watch())
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        dispatch!(Reader, &self.0, reader => reader.load_snapshot(stream).await)
    }
}
