//! The log of the database stays bounded while it is written to.

use orderflow_engine::EventStore;
use orderflow_stores::{SqliteOptions, SqliteStore};

use crate::{log, name, put};

const MIB: u64 = 1024 * 1024;
const BODY_BYTES: usize = 1024 * 1024;
/// The bound of the log and one group beyond it, twice: the writer goes on while a busy disk brings the log home.
const BOUND: u64 = 2 * (128 + 16) * MIB;

#[tokio::test(flavor = "multi_thread")]
async fn the_log_begins_anew() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
    let body = format!("\"{}\"", "x".repeat(BODY_BYTES));
    for number in 0..200 {
        put(&store, &name(number), &[&body]).await.unwrap();
    }
    let length = std::fs::metadata(path.with_extension("db-wal")).unwrap().len();
    assert!(length <= BOUND, "the log has {} MiB", length / MIB);
    let events = log(&store).await;
    assert_eq!(events.len(), 200);
    assert!(events.iter().all(|event| event.data.len() == BODY_BYTES + 2));
    let ticket = store.submit(crate::append(&name(0), orderflow_engine::ExpectedVersion::Exists, &["1"])).await;
    assert_eq!(ticket.wait().await.unwrap().position.0, 201);
}
