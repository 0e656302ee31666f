//! The store as its callers hold it.

use orderflow_engine::{
    Append, EventReader, EventStore, Page, Position, RawEvent, ReadError, Snapshot, StreamName, Ticket, Version,
    Wanted, Writers,
};
use tokio::sync::watch;

use super::{
    lane::Lanes,
    open::{KurrentOpenError, KurrentOptions},
    reader::KurrentReader,
    snapshot::Snapshots,
};
use crate::sqlite::StoreHealth;

/// An event store in KurrentDB. Clones share it, and any number of processes may write to one server.
#[derive(Clone)]
pub struct KurrentStore {
    reader: KurrentReader,
    lanes: Lanes,
    snapshots: Snapshots,
}

impl KurrentStore {
    /// Opens the store at `url`, a KurrentDB connection string. Tries for a while if the server is not there yet.
    pub async fn open(url: &str, options: &KurrentOptions) -> Result<Self, KurrentOpenError> {
        let reader = KurrentReader::open(url, options).await?;
        let lanes = Lanes::new(reader.link.clone(), reader.follower.clone(), options);
        Ok(Self { snapshots: Snapshots::new(reader.link.clone()), lanes, reader })
    }

    /// The half of the store that cannot append.
    #[must_use]
    pub fn reader(&self) -> KurrentReader {
        self.reader.clone()
    }

    /// Failing while the server cannot be reached, which is tried again and again meanwhile.
    #[must_use]
    pub fn health(&self) -> StoreHealth {
        if self.lanes.is_closed() { StoreHealth::Closed } else { self.reader.health() }
    }

    /// Decides what is queued, and refuses what comes later; reading goes on.
    pub async fn close(&self) {
        self.lanes.close().await;
    }
}

impl EventReader for KurrentStore {
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
        self.snapshots.load(stream).await
    }
}

impl EventStore for KurrentStore {
    fn writers(&self) -> Writers {
        Writers::Several
    }

    async fn submit_after(&self, append: Append, rests_on: Option<Ticket>) -> Ticket {
        self.lanes.submit(append, rests_on).await
    }

    async fn save_snapshot(&self, stream: StreamName, snapshot: Snapshot) {
        self.snapshots.save(stream, snapshot);
    }
}
