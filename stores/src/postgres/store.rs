//! The store as its callers hold it.

use std::{sync::Arc, time::Duration};

use orderflow_engine::{
    Append, AppendError, Cause, EventReader, EventStore, Page, Position, RawEvent, ReadError, Snapshot, StreamName,
    Ticket, Version, Wanted, Writers,
};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    connect::Address,
    error::{OpenError, connecting},
    head::Head,
    health::Health,
    query,
    reader::PostgresReader,
    schema,
    session::{self, Session},
    writer::{Patience, Request, Writer},
};
use crate::sqlite::StoreHealth;

/// How long others who migrate, and the migrations themselves, may take.
const MIGRATION: Duration = Duration::from_secs(75);

/// The sizes of a store's parts, and how long it waits for the server.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// Appends that may wait to be written; `submit` waits while there are so many.
    pub queue: usize,
    /// Connections that read at the same time.
    pub readers: usize,
    /// Streams of which names, ids and versions are kept in memory.
    pub cached_streams: usize,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long a reader waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long one page may take.
    pub read_timeout: Duration,
    /// How long one group of appends may take.
    pub append_timeout: Duration,
    /// How long the server may be away before appends that did not reach it are given back.
    pub outage_timeout: Duration,
    /// How long the store tries to learn what became of a group whose answer was lost.
    pub resolve_timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            queue: 4096,
            readers: 8,
            cached_streams: 100_000,
            connect_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
            append_timeout: Duration::from_secs(10),
            outage_timeout: Duration::from_secs(1),
            resolve_timeout: Duration::from_secs(15),
        }
    }
}

/// An event store in a Postgres database. Clones share it; what is queued when the last one goes is still decided.
#[derive(Clone)]
pub struct PostgresStore {
    queue: mpsc::Sender<Request>,
    reader: PostgresReader,
    health: Arc<Health>,
}

impl PostgresStore {
    /// Opens the store at `url` for appending and reading; makes its tables, in a schema of their own, if need be.
    ///
    /// Any number of processes may open the same one.
    pub async fn open(url: &str, options: &PostgresOptions) -> Result<Self, OpenError> {
        let address = Address::parse(url, options.connect_timeout)?;
        let lock_timeout = ("lock_timeout", format!("{}ms", MIGRATION.mul_f64(0.8).as_millis()));
        let mut connection = address.with(&[lock_timeout]).try_out().await?;
        let prepare = async {
            let failed = connecting(&address.place);
            if session::is_read_only(&mut connection).await.map_err(&failed)? {
                return Err(OpenError::ReadOnly { place: address.place.clone() });
            }
            schema::migrate(&mut connection, &address).await?;
            query::head(&mut connection).await.map_err(&failed)
        };
        let head = address.in_time(MIGRATION, prepare).await?;
        let head = Arc::new(Head::new(head));
        let health = Arc::new(Health::new());
        let (queue, requests) = mpsc::channel(options.queue.max(1));
        // The server gives up first, so that its answer still arrives.
        let limit = |share: f64| format!("{}ms", options.append_timeout.mul_f64(share).as_millis().max(1));
        let limits = [("statement_timeout", limit(0.8)), ("lock_timeout", limit(0.6))];
        let writer = Writer {
            requests,
            session: Session::new(address.with(&limits), options.append_timeout, options.cached_streams),
            head: Arc::clone(&head),
            health: Arc::clone(&health),
            patience: Patience { untouched: options.outage_timeout, in_doubt: options.resolve_timeout },
        };
        tokio::spawn(writer.run());
        Ok(Self { queue, reader: PostgresReader::beside(head, &address, options), health })
    }

    /// The half of the store that cannot append.
    #[must_use]
    pub fn reader(&self) -> PostgresReader {
        self.reader.clone()
    }

    #[must_use]
    pub fn health(&self) -> StoreHealth {
        self.health.get()
    }

    /// Decides what is queued and refuses what comes later.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        // A writer that is gone is closed as well.
        if self.queue.send(Request::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

impl EventReader for PostgresStore {
    async fn read_stream(&self, stream: &StreamName, after: Version, limit: usize) -> Result<Vec<RawEvent>, ReadError> {
        self.reader.read_stream(stream, after, limit).await
    }

    async fn read_all(&self, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, ReadError> {
        self.reader.read_all(after, limit, wanted).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.reader.head().await
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.reader.watch()
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        self.reader.load_snapshot(stream).await
    }
}

impl EventStore for PostgresStore {
    fn writers(&self) -> Writers {
        Writers::Several
    }

    async fn submit_after(&self, append: Append, rests_on: Option<Ticket>) -> Ticket {
        let (completer, ticket) = Ticket::new();
        match self.queue.send(Request::Append(append, rests_on, completer)).await {
            Ok(()) => ticket,
            Err(_) => Ticket::decided(Err(AppendError::Unavailable(Cause::new("the event store is closed")))),
        }
    }

    async fn save_snapshot(&self, stream: StreamName, snapshot: Snapshot) {
        // A snapshot that is lost costs time only.
        let _ = self.queue.send(Request::Snapshot(stream, snapshot)).await;
    }
}
