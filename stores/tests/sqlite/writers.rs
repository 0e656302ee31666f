//! Many writers at once.

use orderflow_engine::{EventReader, EventStore};
use orderflow_stores::{SqliteOptions, SqliteReader, SqliteStore};

use crate::{log, name, put};

const WRITERS: usize = 256;
const APPENDS: usize = 20;
const STREAMS: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn every_append_of_256_writers_is_there_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    // A small cache and a small queue, so that streams are looked up again and writers wait for room.
    let options = SqliteOptions { queue: 64, readers: 2, cached_streams: 20 };
    let store = SqliteStore::open(&path, &options).unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..APPENDS {
                    let stream = name((writer + number * 7) % STREAMS);
                    let body = format!("{writer}-{number}");
                    let appended = put(&store, &stream, &[&body]).await.unwrap();
                    assert!(store.head().await.unwrap() >= appended.position, "what is acknowledged is in the log");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let events = log(&store).await;
    assert_eq!(events, log(&SqliteReader::open(&path, &options).unwrap()).await);
    let mut bodies: Vec<_> = events.iter().map(|event| event.data.clone()).collect();
    bodies.sort_unstable();
    bodies.dedup();
    assert_eq!((events.len(), bodies.len()), (WRITERS * APPENDS, WRITERS * APPENDS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_leaves_its_neighbours_alone() {
    use orderflow_engine::{AppendError, ExpectedVersion::NoStream};
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("events.db"), &SqliteOptions::default()).unwrap();
    let mut tickets = Vec::new();
    for number in 0..300 {
        tickets.push(store.submit(crate::append(&name(number / 3), NoStream, &["1"])).await);
    }
    for (number, ticket) in tickets.iter().enumerate() {
        match ticket.wait().await {
            Ok(appended) => assert_eq!((number % 3, appended.version.0), (0, 1)),
            Err(AppendError::Conflict { actual, .. }) => assert_ne!((number % 3, actual.0), (0, 1)),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(log(&store).await.len(), 100);
}
