//! The SQLite store keeps the contract, by itself and behind `AnyStore`, and keeps it over a reopening.

use orderflow_engine::{
    EventReader, MemoryStore, Position, Wanted,
    store::conformance::{self, Positions},
};
use orderflow_stores::{AnyStore, SqliteOptions, SqliteReader, SqliteStore};

fn options() -> SqliteOptions {
    SqliteOptions::default()
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    conformance::check(SqliteStore::open(&directory.path().join("events.db"), &options()).unwrap(), Positions::Gapless)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tiny_sqlite_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    let tiny = SqliteOptions { queue: 1, readers: 1, cached_streams: 1 };
    conformance::check(SqliteStore::open(&directory.path().join("events.db"), &tiny).unwrap(), Positions::Gapless)
        .await;
}

#[tokio::test]
async fn any_store_keeps_the_contract_on_one_thread() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("a/b/events.db"), &options()).unwrap();
    conformance::check(AnyStore::from(store), Positions::Gapless).await;
    conformance::check(AnyStore::from(MemoryStore::new()), Positions::Gapless).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reader_reads_the_same_before_and_after_a_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let store = AnyStore::from(SqliteStore::open(&path, &options()).unwrap());
    conformance::check(store.clone(), Positions::Gapless).await;
    let written = store.read_all(Position::START, usize::MAX, &Wanted::ALL).await.unwrap();
    assert!(written.events.len() > 1000);

    let beside = SqliteReader::open(&path, &options()).unwrap();
    assert_eq!(store.reader().read_all(Position::START, usize::MAX, &Wanted::ALL).await.unwrap(), written);
    assert_eq!(beside.read_all(Position::START, usize::MAX, &Wanted::ALL).await.unwrap(), written);
    assert_eq!(beside.head().await.unwrap(), written.through);
    drop(store);

    let reopened = SqliteStore::open(&path, &options()).unwrap();
    assert_eq!(reopened.head().await.unwrap(), written.through);
    assert_eq!(reopened.read_all(Position::START, usize::MAX, &Wanted::ALL).await.unwrap(), written);
    let stream = written.events[0].stream.clone();
    let events = reopened.read_stream(&stream, orderflow_engine::Version::ZERO, 1).await.unwrap();
    assert_eq!(events, written.events[..1]);
}
