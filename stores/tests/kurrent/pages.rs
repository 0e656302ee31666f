//! The log holds more than the events of this program: readers pass over the rest, whatever the size of their pages.

use bytes::Bytes;
use chrono::DateTime;
use kurrentdb::{Client, EventData};
use orderflow_engine::{
    Append, EventReader, EventStore, ExpectedVersion, NewEvent, Position, Snapshot, StreamName, Version, Wanted,
};
use orderflow_test_kurrentdb::Standin;

use crate::{log, name, open, put};

#[tokio::test]
async fn pages_of_every_size_hold_the_same() {
    let standin = Standin::start();
    standin.faults().write_system_events(3);
    let store = open(&standin.url()).await;
    for number in 0..40 {
        put(&store, &name(number % 4), &["1", "2"]).await.unwrap();
    }
    let whole = log(&store).await;
    assert_eq!(whole.len(), 80);
    for size in [1, 2, 7, 1000] {
        let (mut events, mut through) = (Vec::new(), Position::START);
        loop {
            let page = store.read_all(through, size, &Wanted::ALL).await.unwrap();
            assert!(page.events.len() <= size);
            if page.through == through {
                break;
            }
            through = page.through;
            events.extend(page.events);
        }
        assert_eq!(events, whole, "in pages of {size}");
        assert_eq!(through, store.head().await.unwrap());
    }
    let none = store.read_all(Position::START, 0, &Wanted::ALL).await.unwrap();
    assert_eq!((none.events.len(), none.through), (0, Position::START));
}

#[tokio::test]
async fn events_of_other_programs_are_passed_over() {
    let standin = Standin::start();
    let store = open(&standin.url()).await;
    let client = Client::new(standin.url().parse().unwrap()).unwrap();
    let mut expected = Vec::new();
    for stream in ["Invoices-1", "invoices", "probe-foreign"] {
        let event = EventData::json("InvoicePaid", &1).unwrap().id(uuid::Uuid::new_v4());
        client.append_to_stream(stream, &kurrentdb::AppendToStreamOptions::default(), event).await.unwrap();
        expected.push(put(&store, &name("ours"), &["1"]).await.unwrap().position);
    }
    let positions: Vec<_> = log(&store).await.iter().map(|event| event.position).collect();
    assert_eq!(positions, expected);
    let refused = store.read_stream(&name("foreign"), Version::ZERO, 1).await.unwrap_err().to_string();
    assert!(refused.contains("probe-foreign was not written by this program"), "{refused}");
}

#[tokio::test]
async fn every_byte_comes_back() {
    let standin = Standin::start();
    let store = open(&standin.url()).await;
    let stream = StreamName::parse("order-1 \u{e9}/2@acme").unwrap();
    let data = ["{}", " { \"spaced\" : 1 } ", "not json", "", "{\"\u{fc}\":1e2}"];
    let append = Append {
        stream: stream.clone(),
        expected: ExpectedVersion::NoStream,
        events: data
            .iter()
            .map(|data| NewEvent { kind: "order.placed.v1", data: Bytes::from_static(data.as_bytes()) })
            .collect(),
        metadata: Bytes::from_static(b" {\"actor\":\"}\" , \"n\":1}"),
        time: DateTime::from_timestamp_micros(1_700_000_000_123_457).unwrap(),
    };
    store.submit(append.clone()).await.wait().await.unwrap();
    let events = store.read_stream(&stream, Version::ZERO, 10).await.unwrap();
    assert_eq!(events, log(&store).await);
    assert_eq!(events.len(), data.len());
    for (event, data) in events.iter().zip(data) {
        assert_eq!((&event.data[..], &event.metadata, event.time), (data.as_bytes(), &append.metadata, append.time));
        assert_eq!((&event.stream, &*event.kind), (&stream, "order.placed.v1"));
    }
}

#[tokio::test]
async fn snapshots_are_no_events_and_only_the_last_is_kept() {
    let standin = Standin::start();
    let store = open(&standin.url()).await;
    let stream = name("snapped@acme");
    put(&store, &stream, &["1"]).await.unwrap();
    for version in 1..=3 {
        let snapshot = Snapshot { version: Version(version), schema: 2, data: Bytes::from(format!("[{version}]")) };
        store.save_snapshot(stream.clone(), snapshot.clone()).await;
        assert_eq!(store.load_snapshot(&stream).await.unwrap().as_ref(), Some(&snapshot), "at once");
        while store.reader().load_snapshot(&stream).await.unwrap().as_ref() != Some(&snapshot) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    assert_eq!(log(&store).await.len(), 1);
    let client = Client::new(standin.url().parse().unwrap()).unwrap();
    assert_eq!(kept(&client, "@snapshot-probe-snapped@acme").await, 1);
}

async fn kept(client: &Client, stream: &str) -> usize {
    let mut read = client.read_stream(stream, &kurrentdb::ReadStreamOptions::default()).await.unwrap();
    let mut count = 0;
    while read.next().await.unwrap().is_some() {
        count += 1;
    }
    count
}

/// As if the call that should have told it had failed.
#[tokio::test]
async fn a_stream_that_was_not_told_to_keep_one_snapshot_is_told_later() {
    let standin = Standin::start();
    let store = open(&standin.url()).await;
    let client = Client::new(standin.url().parse().unwrap()).unwrap();
    let (stream, home) = (name("untold"), "@snapshot-probe-untold");
    let first = EventData::json("snapshot", &1).unwrap().id(uuid::Uuid::new_v4());
    client.append_to_stream(home, &kurrentdb::AppendToStreamOptions::default(), first).await.unwrap();
    for version in 1..=16 {
        let snapshot = Snapshot { version: Version(version), schema: 1, data: Bytes::from_static(b"{}") };
        store.save_snapshot(stream.clone(), snapshot.clone()).await;
        while store.reader().load_snapshot(&stream).await.unwrap().as_ref() != Some(&snapshot) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    while kept(&client, home).await > 1 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
