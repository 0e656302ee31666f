//! The reading half of the store.

use orderflow_engine::{EventReader, Page, Position, RawEvent, ReadError, Snapshot, StreamName, Version, Wanted};
use tokio::sync::watch;

use super::{
    follow::Follower,
    link::Link,
    open::{KurrentOpenError, KurrentOptions},
    page, snapshot,
};
use crate::sqlite::StoreHealth;

/// Reads an event store in KurrentDB. Clones share a connection.
#[derive(Clone)]
pub struct KurrentReader {
    pub(super) link: Link,
    pub(super) follower: Follower,
}

impl KurrentReader {
    /// Opens the store at `url`, a KurrentDB connection string. Tries for a while if the server is not there yet.
    pub async fn open(url: &str, options: &KurrentOptions) -> Result<Self, KurrentOpenError> {
        let link = Link::open(url, options).await?;
        Ok(Self { follower: Follower::new(link.clone()), link })
    }

    #[must_use]
    pub fn health(&self) -> StoreHealth {
        self.link.health()
    }
}

impl EventReader for KurrentReader {
    async fn read_stream(&self, stream: &StreamName, after: Version, limit: usize) -> Result<Vec<RawEvent>, ReadError> {
        self.link.ask(async |caller| page::of_stream(&caller, stream, after, limit).await).await
    }

    async fn read_all(&self, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, ReadError> {
        self.link.ask(async |caller| page::of_all(&caller, after, limit, wanted).await).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.link.ask(async |caller| page::head(&caller).await).await
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.follower.watch()
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        snapshot::load(&self.link, stream).await
    }
}
