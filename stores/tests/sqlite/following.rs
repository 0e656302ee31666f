//! A process that only reads is woken by one that writes.

use std::{io::Write, time::Duration};

use orderflow_engine::{EventReader, Position, Wanted};
use orderflow_stores::{SqliteOptions, SqliteReader, SqliteStore};

use crate::{
    child::{self, Other},
    name, put,
};

/// Only a bound on how long a failing test hangs.
const HANG: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that writes"]
async fn appends_for_each_line() {
    let Some(file) = child::file() else { return };
    let store = SqliteStore::open(&file, &SqliteOptions::default()).unwrap();
    child::tell("open");
    for line in std::io::stdin().lines() {
        put(&store, &name("followed"), &[&line.unwrap()]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_in_another_process_is_woken() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let mut writer = Other::start("following::appends_for_each_line", path.as_os_str(), &[]);
    assert_eq!(writer.hear().as_deref(), Some("open"));
    let reader = SqliteReader::open(&path, &SqliteOptions::default()).unwrap();
    // A watcher that comes back after the last one left is served as well.
    for watcher in 0..2 {
        let mut watch = reader.watch();
        watch.borrow_and_update();
        for line in 1..=5 {
            writeln!(writer.stdin, "{line}").unwrap();
            let wanted = Position(watcher * 5 + line);
            tokio::time::timeout(HANG, watch.wait_for(|head| *head >= wanted)).await.expect("woken").unwrap();
            assert_eq!(reader.head().await.unwrap(), wanted);
            let page = reader.read_all(Position(wanted.0 - 1), 10, &Wanted::ALL).await.unwrap();
            assert_eq!((page.events[0].data.as_ref(), page.through), (line.to_string().as_bytes(), wanted));
        }
    }
}
