//! The KurrentDB store from the outside: its contract, its faults, and the server that comes and goes.
//!
//! The server is a stand-in. With `KURRENTDB_URL` set, what needs no faults runs against that one, test after test, on
//! streams whose names no other run has: it may hold whatever it likes, if only nobody else writes meanwhile.

mod conformance;
mod faults;
mod following;
mod nodes;
mod opening;
mod pages;
mod racing;
mod run;

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::DateTime;
use orderflow_engine::{
    Append, AppendError, Appended, EventReader, EventStore, ExpectedVersion, NewEvent, Position, RawEvent, StreamName,
    Wanted,
};
use orderflow_stores::{KurrentOptions, KurrentStore};
use orderflow_test_kurrentdb::Standin;
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

/// Only a bound on how long a failing test hangs.
const HANG: Duration = Duration::from_secs(60);

/// A stand-in, or the real server that the environment names.
struct Server {
    url: String,
    /// What the names of streams begin with in this run.
    run: Arc<str>,
    _standin: Option<Standin>,
    _turn: Option<MutexGuard<'static, ()>>,
}

/// Tests take turns on the real server.
static TURN: Mutex<()> = Mutex::const_new(());

async fn server() -> Server {
    let run = Uuid::new_v4().simple().to_string().into();
    match std::env::var("KURRENTDB_URL") {
        Ok(url) => Server { url, run, _standin: None, _turn: Some(TURN.lock().await) },
        Err(_) => {
            let standin = Standin::start();
            Server { url: standin.url(), run, _standin: Some(standin), _turn: None }
        }
    }
}

impl Server {
    fn name(&self, id: impl std::fmt::Display) -> StreamName {
        name(format!("{}.{id}", self.run))
    }
}

async fn open(url: &str) -> KurrentStore {
    KurrentStore::open(url, &KurrentOptions::default()).await.unwrap()
}

/// Gives up soon.
fn impatient() -> KurrentOptions {
    KurrentOptions {
        patience: Duration::from_millis(600),
        call_timeout: Duration::from_millis(300),
        ..KurrentOptions::default()
    }
}

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

async fn put_at(
    store: &impl EventStore, stream: &StreamName, expected: ExpectedVersion, bodies: &[&str],
) -> Result<Appended, AppendError> {
    let ticket = store.submit(append(stream, expected, bodies)).await;
    tokio::time::timeout(HANG, ticket.wait()).await.expect("every append is decided")
}

async fn put(store: &impl EventStore, stream: &StreamName, bodies: &[&str]) -> Result<Appended, AppendError> {
    put_at(store, stream, ExpectedVersion::Any, bodies).await
}

/// The whole log, page by page; growing positions and versions without a gap are checked on the way.
async fn log(reader: &impl EventReader) -> Vec<RawEvent> {
    log_after(reader, Position::START).await
}

/// The rest of the log, of streams that begin there.
async fn log_after(reader: &impl EventReader, mut through: Position) -> Vec<RawEvent> {
    let mut events: Vec<RawEvent> = Vec::new();
    let mut versions = HashMap::new();
    loop {
        let page = reader.read_all(through, 100, &Wanted::ALL).await.unwrap();
        if page.through == through {
            return events;
        }
        for event in page.events {
            assert!(event.position > through && event.position <= page.through, "positions grow");
            let version = versions.entry(event.stream.clone()).or_insert(0);
            *version += 1;
            assert_eq!(event.version.0, *version, "versions have no gap");
            events.push(event);
        }
        through = page.through;
    }
}

/// What the events of a stream say, in order.
async fn bodies(reader: &impl EventReader, stream: &StreamName) -> Vec<String> {
    let events = reader.read_stream(stream, orderflow_engine::Version::ZERO, usize::MAX).await.unwrap();
    events.iter().map(|event| String::from_utf8_lossy(&event.data).into_owned()).collect()
}
