//! The Postgres store from the outside: its contract, its schema, many processes' worth of writers, and its faults.

mod conformance;
mod faults;
mod following;
mod held;
mod lost_answers;
mod model;
mod opening;
mod proxy;
mod racing;
mod writers;

use bytes::Bytes;
use chrono::DateTime;
use orderflow_engine::{
    Append, AppendError, Appended, EventReader, EventStore, ExpectedVersion, NewEvent, Position, RawEvent, StreamName,
    Wanted,
};
use orderflow_stores::{PostgresOptions, PostgresStore};
use sqlx::{Connection, PgConnection};

fn name(id: impl std::fmt::Display) -> StreamName {
    StreamName::parse(format!("probe-{id}")).unwrap()
}

fn append(stream: &StreamName, expected: ExpectedVersion, bodies: &[&str]) -> Append {
    Append {
        stream: stream.clone(),
        expected,
        events: bodies
            .iter()
            .map(|body| NewEvent { kind: "probe.happened.v1", data: Bytes::from((*body).to_owned()) })
            .collect(),
        metadata: Bytes::from_static(b"{}"),
        time: DateTime::UNIX_EPOCH,
    }
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(url, &PostgresOptions::default()).await.unwrap()
}

/// A connection beside the store, for what only an administrator does.
async fn admin(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

async fn put(store: &impl EventStore, stream: &StreamName, bodies: &[&str]) -> Result<Appended, AppendError> {
    store.submit(append(stream, ExpectedVersion::Any, bodies)).await.wait().await
}

/// The whole log, page by page; positions without a gap and versions in order are checked on the way.
async fn log(reader: &impl EventReader) -> Vec<RawEvent> {
    let mut events: Vec<RawEvent> = Vec::new();
    let mut versions = std::collections::HashMap::new();
    let mut through = Position::START;
    loop {
        let page = reader.read_all(through, 1000, &Wanted::ALL).await.unwrap();
        if page.through == through {
            return events;
        }
        for event in page.events {
            assert_eq!(event.position.0, events.len() as u64 + 1, "positions have no gap");
            let version = versions.entry(event.stream.clone()).or_insert(0);
            *version += 1;
            assert_eq!(event.version.0, *version, "versions have no gap");
            events.push(event);
        }
        through = page.through;
    }
}
