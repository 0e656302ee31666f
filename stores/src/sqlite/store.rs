//! The store as its callers hold it.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use orderflow_engine::{
    Append, AppendError, Cause, EventReader, EventStore, Page, Position, RawEvent, ReadError, Snapshot, StreamName,
    Ticket, Version, Wanted,
};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    connect,
    format::{self, OpenError, failed},
    head::Head,
    health::{Health, StoreHealth},
    lock::WriterLock,
    query,
    reader::SqliteReader,
    writer::{Request, Writer},
};

/// The sizes of a store's parts. The defaults suit a small machine.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// Appends that may wait to be written; `submit` waits while there are so many.
    pub queue: usize,
    /// Connections that read at the same time.
    pub readers: usize,
    /// Streams whose id and version are kept in memory.
    pub cached_streams: usize,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { queue: 4096, readers: 4, cached_streams: 100_000 }
    }
}

/// An event store in a SQLite file. Clones share it; it closes when the last one is dropped.
#[derive(Clone)]
pub struct SqliteStore {
    queue: mpsc::Sender<Request>,
    reader: SqliteReader,
    health: Arc<Health>,
    /// After the queue, so that the writer has nobody left to wait for when it is joined.
    _thread: Arc<Thread>,
}

/// The writer's thread, waited for when the last clone of the store goes: the file is at rest then.
struct Thread(Mutex<Option<JoinHandle<()>>>);

impl SqliteStore {
    /// Opens the store at `path` for writing; makes it, and its directory, if there is none.
    ///
    /// Refused while another process, or another part of this one, writes to it.
    pub fn open(path: &Path, options: &SqliteOptions) -> Result<Self, OpenError> {
        format::check_sqlite()?;
        connect::make_directory(path)?;
        let lock = WriterLock::take(path)?;
        let connection = connect::writer(path)?;
        let checkpointer = connect::checkpointer(path).map_err(failed(path))?;
        connect::settle(&checkpointer, path)?;
        let head = Arc::new(Head::new(query::head(&connection).map_err(failed(path))?));
        let health = Arc::new(Health::new());
        let (queue, requests) = mpsc::channel(options.queue.max(1));
        let writer = Writer {
            connection,
            checkpointer,
            requests,
            head: Arc::clone(&head),
            health: Arc::clone(&health),
            cached_streams: options.cached_streams,
            lock,
        };
        let thread = thread::Builder::new()
            .name("events-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        let reader = SqliteReader::beside(head, path, options);
        Ok(Self { queue, reader, health, _thread: Arc::new(Thread(Mutex::new(Some(thread)))) })
    }

    /// The half of the store that cannot append.
    #[must_use]
    pub fn reader(&self) -> SqliteReader {
        self.reader.clone()
    }

    #[must_use]
    pub fn health(&self) -> StoreHealth {
        self.health.get()
    }

    /// Decides what is queued, refuses what comes later, and waits until the file is at rest.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        // A writer that is gone is closed as well.
        if self.queue.send(Request::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let thread = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writer of the event store panicked");
        }
    }
}

impl EventReader for SqliteStore {
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

impl EventStore for SqliteStore {
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
