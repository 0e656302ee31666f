//! The reading half of the store.

use std::{path::Path, sync::Arc};

use orderflow_engine::{EventReader, Page, Position, RawEvent, ReadError, Snapshot, StreamName, Version, Wanted};
use tokio::sync::watch;

use super::{
    connect,
    follow::Follower,
    format::{self, Found, OpenError, failed},
    head::Head,
    pool::Pool,
    query,
    store::SqliteOptions,
};

/// Reads an event store, in the process that writes it or beside it. Clones share connections.
#[derive(Clone)]
pub struct SqliteReader {
    pool: Arc<Pool>,
    end: End,
}

/// How a reader knows where the log ends.
#[derive(Clone)]
enum End {
    /// The writer is in this process and says so.
    Told(Arc<Head>),
    /// The writer is in another process, and the file is looked at.
    Looked(Follower),
}

impl SqliteReader {
    /// Opens a store that another process writes. Needs no lock and never writes.
    pub fn open(path: &Path, options: &SqliteOptions) -> Result<Self, OpenError> {
        format::check_sqlite()?;
        let missing = || OpenError::Missing { path: path.to_owned() };
        if !path.exists() {
            return Err(missing());
        }
        let connection = connect::reader(path).map_err(failed(path))?;
        match format::inspect(&connection, path)? {
            Found::Nothing => return Err(missing()),
            Found::Store => {}
        }
        let head = query::head(&connection).map_err(failed(path))?;
        let end = End::Looked(Follower::new(path, head));
        Ok(Self { pool: Arc::new(Pool::new(path, options.readers, options.cached_streams)), end })
    }

    pub(super) fn beside(writer: Arc<Head>, path: &Path, options: &SqliteOptions) -> Self {
        let pool = Arc::new(Pool::new(path, options.readers, options.cached_streams));
        Self { pool, end: End::Told(writer) }
    }
}

impl EventReader for SqliteReader {
    async fn read_stream(&self, stream: &StreamName, after: Version, limit: usize) -> Result<Vec<RawEvent>, ReadError> {
        let stream = stream.clone();
        self.pool.read(move |connection| connection.read_stream(&stream, after, limit)).await
    }

    async fn read_all(&self, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, ReadError> {
        let known = match &self.end {
            End::Told(head) => Some(head.get()),
            End::Looked(_) => None,
        };
        if known.is_some_and(|head| head <= after) {
            return Ok(Page { events: Vec::new(), through: after });
        }
        let wanted = wanted.clone();
        self.pool
            .read(move |connection| {
                // Taken before the page is read: whatever is at or below it is there for every later look.
                let head = known.map_or_else(|| connection.head(), Ok)?;
                connection.read_all(after, limit, &wanted, head)
            })
            .await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        match &self.end {
            End::Told(head) => Ok(head.get()),
            End::Looked(_) => self.pool.read(|connection| connection.head()).await,
        }
    }

    fn watch(&self) -> watch::Receiver<Position> {
        match &self.end {
            End::Told(head) => head.watch(),
            End::Looked(follower) => follower.watch(),
        }
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        let stream = stream.clone();
        self.pool.read(move |connection| connection.load_snapshot(&stream)).await
    }
}
