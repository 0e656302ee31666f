//! Several stores write to one server, and several writers to one stream.

use std::time::Duration;

use orderflow_engine::{
    AppendError, EventReader, EventStore, ExpectedVersion,
    ExpectedVersion::{Exactly, NoStream},
    Ticket, Version,
};
use orderflow_stores::{KurrentOptions, KurrentStore};
use orderflow_test_kurrentdb::Standin;

use crate::{append, bodies, log_after, name, open, put_at, server};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_stores_that_decide_a_version_one_wins() {
    const STREAMS: usize = 3;
    const EACH: usize = 25;
    let server = server().await;
    let stores = [open(&server.url).await, open(&server.url).await];
    let begin = stores[0].head().await.unwrap();
    let streams: Vec<_> = (0..STREAMS).map(|number| server.name(format!("race{number}"))).collect();
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (store, streams) = (stores[writer % 2].clone(), streams.clone());
            tokio::spawn(async move {
                let mut won = Vec::new();
                while won.len() < EACH {
                    let stream = streams[won.len() % STREAMS].clone();
                    let version = Version(bodies(&store, &stream).await.len() as u64);
                    let body = format!("\"{writer}-{}\"", won.len());
                    match put_at(&store, &stream, ExpectedVersion::at(version), &[&body]).await {
                        Ok(appended) => {
                            assert_eq!(appended.version, version.plus(1));
                            won.push((stream, appended.version, body));
                        }
                        Err(AppendError::Conflict { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
                won
            })
        })
        .collect();
    let mut won = Vec::new();
    for writer in writers {
        won.extend(writer.await.unwrap());
    }
    won.sort();
    let mut found: Vec<_> = log_after(&stores[0], begin)
        .await
        .into_iter()
        .filter(|event| streams.contains(&event.stream))
        .map(|event| (event.stream, event.version, String::from_utf8_lossy(&event.data).into_owned()))
        .collect();
    found.sort();
    assert_eq!(found, won);
}

#[tokio::test]
async fn appends_that_build_on_each_other_travel_together() {
    let standin = Standin::start();
    let store = open(&standin.url()).await;
    let stream = name("hot");
    standin.faults().delay(Duration::from_millis(50));
    let mut tickets = Vec::new();
    for version in 0..200 {
        tickets.push(store.submit(append(&stream, ExpectedVersion::at(Version(version)), &["1"])).await);
    }
    for ticket in &tickets {
        ticket.wait().await.unwrap();
    }
    assert!(standin.appends() < tickets.len() / 4, "{} appends came to the server", standin.appends());
    let events = store.read_stream(&stream, Version::ZERO, usize::MAX).await.unwrap();
    assert_eq!(events.len(), tickets.len());
    for (event, ticket) in events.iter().zip(&tickets) {
        let appended = ticket.wait().await.unwrap();
        assert_eq!((appended.version, appended.position), (event.version, event.position));
    }
}

/// Another writer leaves the stream at just the version that the first of these would have left it at.
#[tokio::test]
async fn nothing_is_built_on_an_append_that_failed() {
    let standin = Standin::start();
    let (store, other) = (open(&standin.url()).await, open(&standin.url()).await);
    let stream = name("chain");
    put_at(&other, &stream, NoStream, &["theirs"]).await.unwrap();
    standin.faults().delay(Duration::from_millis(50));
    let mut tickets: Vec<Ticket> = Vec::new();
    for version in 0..5 {
        let next = append(&stream, ExpectedVersion::at(Version(version)), &["ours"]);
        tickets.push(store.submit_after(next, tickets.last().cloned()).await);
    }
    for ticket in tickets {
        let outcome = ticket.wait().await;
        assert!(matches!(outcome, Err(AppendError::Conflict { actual: Version(1), .. })), "{outcome:?}");
    }
    assert_eq!(bodies(&store, &stream).await, ["theirs"]);
    put_at(&store, &stream, Exactly(Version(1)), &["ours"]).await.unwrap();
}

/// There is room for one append, so that the second is let in only when the first has failed: by then the stream is at
/// the version that it expects.
#[tokio::test]
async fn nothing_that_waited_for_room_is_built_on_an_append_that_failed() {
    let standin = Standin::start();
    let tiny = KurrentOptions { queue: 1, ..KurrentOptions::default() };
    let store = KurrentStore::open(&standin.url(), &tiny).await.unwrap();
    let stream = name("narrow");
    put_at(&open(&standin.url()).await, &stream, NoStream, &["theirs"]).await.unwrap();
    standin.faults().delay(Duration::from_millis(50));
    let first = store.submit(append(&stream, NoStream, &["ours"])).await;
    let second = store.submit_after(append(&stream, Exactly(Version(1)), &["too"]), Some(first.clone())).await;
    assert!(first.peek().is_some(), "it has made room");
    for ticket in [first, second] {
        let outcome = ticket.wait().await;
        assert!(matches!(outcome, Err(AppendError::Conflict { actual: Version(1), .. })), "{outcome:?}");
    }
    assert_eq!(bodies(&store, &stream).await, ["theirs"]);
}
