//! Many writers at once, in two stores: two processes' worth.

use std::collections::HashSet;

use orderflow_engine::{
    AppendError, EventReader, EventStore,
    ExpectedVersion::{self, NoStream},
    Version,
};
use orderflow_stores::{PostgresOptions, PostgresStore};
use orderflow_test_servers::Postgres;

use crate::{append, log, name, open, put};

const WRITERS: usize = 64;
const APPENDS: usize = 20;
const STREAMS: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn every_append_of_two_stores_is_there_once() {
    let url = Postgres::shared().database();
    // A small queue, so that writers wait for room.
    let options = PostgresOptions { queue: 16, readers: 2, cached_streams: 20, ..PostgresOptions::default() };
    let stores = [open(&url).await, PostgresStore::open(&url, &options).await.unwrap()];
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = stores[writer % 2].clone();
            tokio::spawn(async move {
                for number in 0..APPENDS {
                    let stream = name((writer + number * 7) % STREAMS);
                    let appended = put(&store, &stream, &[&format!("{writer}-{number}")]).await.unwrap();
                    assert!(store.head().await.unwrap() >= appended.position, "what is acknowledged is in the log");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let events = log(&stores[0]).await;
    assert_eq!(events, log(&stores[1]).await);
    let bodies: HashSet<_> = events.iter().map(|event| event.data.clone()).collect();
    assert_eq!((events.len(), bodies.len()), (WRITERS * APPENDS, WRITERS * APPENDS));
}

/// Both stores count one stream up, each believing what it read: of every version, exactly one of them writes it.
#[tokio::test(flavor = "multi_thread")]
async fn stores_that_race_on_a_stream_write_each_version_once() {
    const VERSIONS: usize = 100;
    let url = Postgres::shared().database();
    let stream = name("raced");
    let racers: Vec<_> = [open(&url).await, open(&url).await]
        .into_iter()
        .map(|store| {
            let stream = stream.clone();
            tokio::spawn(async move {
                let (mut version, mut won) = (Version::ZERO, 0);
                while version < Version(VERSIONS as u64) {
                    let append = append(&stream, ExpectedVersion::at(version), &["1"]);
                    match store.submit(append).await.wait().await {
                        Ok(appended) => {
                            assert_eq!(appended.version, version.plus(1));
                            version = appended.version;
                            won += 1;
                        }
                        Err(AppendError::Conflict { actual, .. }) => {
                            assert!(actual > version, "{actual} is what {version} was expected to be");
                            version = actual;
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
                won
            })
        })
        .collect();
    let mut won = 0;
    for racer in racers {
        won += racer.await.unwrap();
    }
    assert_eq!((won, log(&open(&url).await).await.len()), (VERSIONS, VERSIONS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_leaves_its_neighbours_alone() {
    let store = open(&Postgres::shared().database()).await;
    let mut tickets = Vec::new();
    for number in 0..300 {
        tickets.push(store.submit(append(&name(number / 3), NoStream, &["1"])).await);
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

/// Bytes that no text of a database could hold come back as they were.
#[tokio::test]
async fn bytes_and_times_come_back_exactly() {
    let store = open(&Postgres::shared().database()).await;
    let mut odd = append(&name("odd \u{e9}'\"\\"), NoStream, &["{ \"b\" : 1.0, \"a\":1e2 }\n", "", "x"]);
    odd.events[2].data = bytes::Bytes::from((0..=255).collect::<Vec<u8>>().repeat(400));
    odd.metadata = bytes::Bytes::from_static(b"\0\xff");
    odd.time = chrono::DateTime::from_timestamp_micros(1_700_000_000_123_457).unwrap();
    store.submit(odd.clone()).await.wait().await.unwrap();
    let events = log(&store).await;
    for (event, wanted) in events.iter().zip(&odd.events) {
        assert_eq!((&event.data, &event.metadata, event.time), (&wanted.data, &odd.metadata, odd.time));
        assert_eq!(event.stream, odd.stream);
    }
    assert_eq!(events, store.read_stream(&odd.stream, Version::ZERO, 10).await.unwrap());
}

/// A page ends before it holds more than a process should, and the next one goes on there.
#[tokio::test]
async fn large_events_make_short_pages() {
    let store = open(&Postgres::shared().database()).await;
    let large = "l".repeat(3_000_000);
    for number in 0..8 {
        put(&store, &name(number), &[&large]).await.unwrap();
    }
    let page = store.read_all(Default::default(), 100, &orderflow_engine::Wanted::ALL).await.unwrap();
    assert!((1..8).contains(&page.events.len()), "{} events", page.events.len());
    assert_eq!(page.through.0, page.events.len() as u64);
    assert_eq!(log(&store).await.len(), 8);
}

/// A store remembers versions, and has to hear of what another one appends.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_appended_meanwhile_is_known_however_much_it_was() {
    let url = Postgres::shared().database();
    let (one, two) = (open(&url).await, open(&url).await);
    let (mut version, mut position) = (0, 0);
    for meanwhile in [0, 1, 3, 1000, 4095, 4096, 4097, 6000, 0, 2] {
        for (store, stream) in [(&one, name("both")), (&one, name("only-one"))] {
            position = put(store, &stream, &["1"]).await.unwrap().position.0;
        }
        version += 1;
        // Half of it to the stream that both append to.
        for _ in 0..meanwhile / 1000 {
            put(&two, &name("both"), &["2"; 500]).await.unwrap();
            position = put(&two, &name("only-two"), &["2"; 500]).await.unwrap().position.0;
            version += 500;
        }
        for _ in 0..meanwhile % 1000 {
            position = put(&two, &name("both"), &["2"]).await.unwrap().position.0;
            version += 1;
        }
        let next = append(&name("both"), ExpectedVersion::at(Version(version)), &["1"]);
        let appended = one.submit(next).await.wait().await.unwrap();
        version += 1;
        assert_eq!((appended.version.0, appended.position.0), (version, position + 1), "after {meanwhile}");
    }
    log(&one).await;
}
