//! Which files are opened, and what is said of the others.

use std::{fs, path::Path};

use orderflow_engine::{AppendError, EventReader, EventStore, ExpectedVersion};
use orderflow_stores::{OpenError, SqliteOptions, SqliteReader, SqliteStore, StoreHealth};
use rusqlite::Connection;

use crate::{
    append,
    child::{self, Other},
    log, name, put,
};

fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(path, &SqliteOptions::default())
}

fn open_reader(path: &Path) -> Result<SqliteReader, OpenError> {
    SqliteReader::open(path, &SqliteOptions::default())
}

#[tokio::test]
async fn a_second_writer_is_refused_until_the_first_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let store = open(&path).unwrap();
    let refused = open(&path).err().unwrap();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused}");
    assert!(refused.to_string().starts_with("another process writes to "), "{refused}");
    let clone = store.clone();
    drop(store);
    assert!(matches!(open(&path), Err(OpenError::InUse { .. })), "a clone holds it as well");
    drop(clone);
    put(&open(&path).unwrap(), &name(1), &["1"]).await.unwrap();
}

#[tokio::test]
#[ignore = "the process that holds the store"]
async fn holds_the_store() {
    let Some(file) = child::file() else { return };
    let _store = open(&file).unwrap();
    child::tell("open");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[tokio::test]
async fn a_second_process_that_writes_is_refused_while_the_first_lives() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let mut other = Other::start("opening::holds_the_store", path.as_os_str(), &[]);
    assert_eq!(other.hear().as_deref(), Some("open"));
    assert!(matches!(open(&path), Err(OpenError::InUse { .. })));
    open_reader(&path).expect("readers are welcome");
    other.kill();
    open(&path).expect("the lock of the dead is void");
}

/// Refused by both halves, and left as it was.
fn refused(path: &Path) -> OpenError {
    let before = fs::read(path).unwrap();
    let error = open(path).err().expect("refused");
    let by_reader = open_reader(path).err().expect("refused");
    assert_eq!(error.to_string(), by_reader.to_string());
    assert_eq!(fs::read(path).unwrap(), before, "the file was not touched");
    error
}

#[tokio::test]
async fn a_file_from_a_newer_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    drop(open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    let error = refused(&path);
    assert!(matches!(error, OpenError::Newer { found: 2, known: 1, .. }), "{error}");
    assert!(error.to_string().ends_with("use a newer version of the program"), "{error}");
}

#[tokio::test]
async fn foreign_files_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("letter.txt");
    fs::write(&text, "Dear Sir or Madam, ".repeat(100)).unwrap();
    assert!(matches!(refused(&text), OpenError::Foreign { .. }));

    let other = directory.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE notes (note TEXT)").unwrap();
    assert!(matches!(refused(&other), OpenError::Foreign { .. }));

    let marked = directory.path().join("marked.db");
    Connection::open(&marked).unwrap().pragma_update(None, "application_id", 42).unwrap();
    assert!(matches!(refused(&marked), OpenError::Foreign { .. }));
}

#[tokio::test]
async fn a_reader_makes_no_file_and_a_writer_makes_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("not/yet/events.db");
    assert!(matches!(open_reader(&path), Err(OpenError::Missing { .. })));
    assert!(!path.exists());
    put(&open(&path).unwrap(), &name(1), &["1"]).await.unwrap();
    assert_eq!(log(&open_reader(&path).unwrap()).await.len(), 1);

    fs::write(directory.path().join("file"), "").unwrap();
    assert!(matches!(open(&directory.path().join("file/events.db")), Err(OpenError::Io { .. })));
    assert!(open(directory.path()).is_err(), "a directory is no file");
}

#[tokio::test]
async fn closing_decides_what_is_queued_and_leaves_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let store = open(&path).unwrap();
    let mut tickets = Vec::new();
    for version in 0..100 {
        let next = append(&name(1), ExpectedVersion::at(orderflow_engine::Version(version)), &["1"]);
        tickets.push(store.submit(next).await);
    }
    store.close().await;
    assert!(tickets.iter().all(|ticket| matches!(ticket.peek(), Some(Ok(_)))));
    assert!(matches!(store.health(), StoreHealth::Closed));
    let refused = put(&store, &name(1), &["1"]).await.unwrap_err();
    assert!(matches!(&refused, AppendError::Unavailable(cause) if cause.to_string() == "the event store is closed"));
    store.close().await;
    assert_eq!(store.head().await.unwrap().0, 100);
    assert_eq!(log(&store).await.len(), 100, "a closed store can be read");
    open(&path).expect("the lock is free");
}

#[tokio::test]
async fn dropping_the_store_decides_what_is_queued() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let store = open(&path).unwrap();
    let mut watch = store.watch();
    let ticket = store.submit(append(&name(1), ExpectedVersion::NoStream, &["1"])).await;
    drop(store);
    ticket.wait().await.unwrap();
    assert!(!path.with_extension("db-wal").exists(), "the log was copied into the database");
    assert_eq!(watch.borrow_and_update().0, 1);
}
