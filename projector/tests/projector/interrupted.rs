//! A log that fails again and again in the middle of a rebuild.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use orderflow_engine::{
    Cause, EventReader, MemoryStore, Page, Position, RawEvent, ReadError, Snapshot, StreamName, Version, Wanted,
};
use orderflow_projector::{MemoryTarget, Options, Selection, Verified, Verify};
use tokio::sync::watch;

use crate::bank::{BANK, Running, assert_current, fill, options};

/// Of reads of the whole log one in a few fails.
#[derive(Clone)]
struct Flaky {
    store: MemoryStore,
    reads: Arc<AtomicU64>,
    failures: Arc<AtomicU64>,
}

impl EventReader for Flaky {
    async fn read_stream(&self, stream: &StreamName, after: Version, limit: usize) -> Result<Vec<RawEvent>, ReadError> {
        self.store.read_stream(stream, after, limit).await
    }

    async fn read_all(&self, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, ReadError> {
        if self.reads.fetch_add(1, Ordering::SeqCst) % 5 == 4 {
            self.failures.fetch_add(1, Ordering::SeqCst);
            return Err(ReadError(Cause::new("a flaky log")));
        }
        self.store.read_all(after, limit, wanted).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.store.watch()
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        self.store.load_snapshot(stream).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_comes_forward_is_not_given_up() {
    let (store, target) = (MemoryStore::new(), MemoryTarget::new());
    fill(&store, 10_000).await;
    let failures = Arc::new(AtomicU64::new(0));
    let reader = Flaky { store: store.clone(), reads: Arc::default(), failures: Arc::clone(&failures) };
    // Every page is written by itself.
    let options = Options { rebuild_memory_bytes: 1, ..options() };
    let running = Running::start(reader, target.clone(), &BANK, options).await;
    running.reach(Position(10_000)).await;
    failures.store(0, Ordering::SeqCst);
    let rebuilt = running.projector.rebuild(Selection::All, Verify::Yes).await.unwrap();
    assert!(rebuilt.views.iter().all(|view| view.verified == Verified::Equal), "{rebuilt:?}");
    assert!(failures.load(Ordering::SeqCst) > 25, "{failures:?} failures only");
    assert_current(&store, &target, &BANK).await;
    running.stop().await;
}
