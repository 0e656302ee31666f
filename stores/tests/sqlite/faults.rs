//! Disks that are full and syncs that fail, made by a library that is preloaded into another process.

#![cfg(target_os = "linux")]

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use orderflow_engine::{AppendError, EventReader, EventStore, ExpectedVersion};
use orderflow_stores::{SqliteOptions, SqliteStore, StoreHealth};

use crate::{
    append,
    child::{self, Other},
    log, name, put,
};

/// Runs a test in a process of its own, in which faults can be ordered.
fn with_faults(test: &str) {
    let directory = tempfile::tempdir().unwrap();
    let (source, library) = (directory.path().join("faults.c"), directory.path().join("faults.so"));
    fs::write(&source, include_str!("faults.c")).unwrap();
    let mut compiler = Command::new("cc");
    let compiled = compiler.args(["-shared", "-fPIC", "-O1", "-o"]).args([&library, &source]).arg("-ldl").status();
    assert!(compiled.unwrap().success(), "the C compiler that builds SQLite builds this as well");
    let environment: [(&str, &OsStr); 2] =
        [("LD_PRELOAD", library.as_os_str()), ("FAULTS", directory.path().as_os_str())];
    let mut other = Other::start(test, directory.path().join("events.db").as_os_str(), &environment);
    let told = other.hear();
    assert!(other.succeeded() && told.as_deref() == Some("done"), "{test} failed, see above");
}

/// An order for faults, in force until it is dropped.
struct Order(PathBuf);

impl Order {
    /// `suffix` says which files fail: those whose path ends with it.
    fn give(file: &Path, fault: &str, suffix: &str) -> Self {
        let path = file.with_file_name(fault);
        fs::write(&path, suffix).unwrap();
        Self(path)
    }
}

impl Drop for Order {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, &SqliteOptions::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process whose syncs fail"]
async fn a_sync_fails() {
    let Some(file) = child::file() else { return };
    let store = open(&file);
    put(&store, &name("before"), &["1"]).await.unwrap();
    let order = Order::give(&file, "sync", "-wal");

    let (first, second) = (
        store.submit(append(&name("during"), ExpectedVersion::NoStream, &["1"])).await,
        store.submit(append(&name("during"), ExpectedVersion::Any, &["2"])).await,
    );
    let doubt = first.wait().await.unwrap_err();
    assert!(matches!(doubt, AppendError::Indeterminate(_)), "{doubt}");
    let later = second.wait().await.unwrap_err();
    assert!(matches!(later, AppendError::Indeterminate(_) | AppendError::Unavailable(_)), "{later}");
    assert!(matches!(store.health(), StoreHealth::Stopped(_)));
    drop(order);

    // The disk is well again, but nobody knows what it holds.
    let refused = put(&store, &name("after"), &["1"]).await.unwrap_err();
    assert!(matches!(refused, AppendError::Unavailable(_)), "{refused}");
    let said = refused.to_string();
    assert!(said.contains("stopped after a failed sync and must be opened again"), "{said}");
    assert_eq!(log(&store).await.len(), 1, "what was durable can be read, and nothing else");
    store.close().await;
    assert!(matches!(store.health(), StoreHealth::Stopped(_)), "the reason is still told");
    drop(store);

    let store = open(&file);
    let events = log(&store).await;
    assert_eq!(events[0].stream, name("before"));
    assert!(events[1..].iter().all(|event| event.stream == name("during")), "nothing refused is there");
    let appended = put(&store, &name("after"), &["1"]).await.unwrap();
    assert_eq!(appended.position.0, events.len() as u64 + 1);
    child::tell("done");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process whose checkpoints fail"]
async fn a_sync_of_the_database_fails() {
    let Some(file) = child::file() else { return };
    let store = open(&file);
    let order = Order::give(&file, "sync", "events.db");
    let body = "x".repeat(1024 * 1024);
    let mut acknowledged = 0;
    let refused = loop {
        match put(&store, &name(acknowledged), &[&body]).await {
            Ok(_) => acknowledged += 1,
            Err(refused) => break refused,
        }
        assert!(acknowledged < 1000, "the checkpoint's failed sync went unnoticed");
    };
    assert!(matches!(refused, AppendError::Unavailable(_)), "{refused}");
    assert!(matches!(store.health(), StoreHealth::Stopped(_)));
    drop(order);
    drop(store);
    assert_eq!(log(&open(&file)).await.len(), acknowledged, "what was acknowledged is there");
    child::tell("done");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process whose disk is full"]
async fn the_disk_is_full() {
    let Some(file) = child::file() else { return };
    let store = open(&file);
    put(&store, &name("before"), &["1"]).await.unwrap();
    for round in 0..3 {
        let order = Order::give(&file, "full", "-wal");
        for _ in 0..2 {
            for stream in [name("before"), name(round)] {
                let full = put(&store, &stream, &["no room"]).await.unwrap_err();
                assert!(matches!(full, AppendError::Unavailable(_)), "{full}");
            }
        }
        assert!(matches!(store.health(), StoreHealth::Failing(_)));
        assert_eq!(log(&store).await.len() as u64, 1 + round * 2);
        drop(order);

        // The versions that were not written are forgotten.
        let known = append(&name("before"), ExpectedVersion::Exactly(orderflow_engine::Version(round + 1)), &["2"]);
        assert_eq!(store.submit(known).await.wait().await.unwrap().position.0, 2 + round * 2);
        let new = append(&name(round), ExpectedVersion::NoStream, &["1"]);
        assert_eq!(store.submit(new).await.wait().await.unwrap().version.0, 1);
        assert!(matches!(store.health(), StoreHealth::Serving));
    }
    let head = store.head().await.unwrap();
    drop(store);
    assert_eq!(open(&file).head().await.unwrap(), head);
    child::tell("done");
}

#[test]
fn after_a_failed_sync_the_store_refuses_until_it_is_opened_again() {
    with_faults("faults::a_sync_fails");
}

#[test]
fn after_a_failed_sync_of_a_checkpoint_the_store_refuses_as_well() {
    with_faults("faults::a_sync_of_the_database_fails");
}

#[test]
fn a_full_disk_refuses_until_there_is_room() {
    with_faults("faults::the_disk_is_full");
}
