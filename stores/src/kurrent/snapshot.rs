//! Snapshots, each in place of the last one, in a stream of its own that is none of the program's: its name is not a
//! stream's, so that no reader of the log takes it for one, and it is told to keep one event.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::FutureExt;
use kurrentdb::{AppendToStreamOptions, Error, StreamMetadataBuilder};
use orderflow_engine::{ReadError, Snapshot, StreamName, Version};
use serde_json::json;
use tokio::{sync::Semaphore, time::Instant};
use uuid::Uuid;

use super::{connection::Caller, event, link::Link, page};

const KIND: &str = "snapshot";
/// Snapshots that wait to be written; more are lost, which costs time only.
const WAITING: usize = 1024;
const IN_FLIGHT: usize = 8;
/// The server is told to keep one snapshot with the first of a stream, and again with every so many: a call that fails
/// is not repeated.
const KEEPING_TOLD_EVERY: u64 = 16;

/// Snapshots that are not written yet are loaded from here, so nobody waits for one to be saved. Clones share them.
#[derive(Clone)]
pub(super) struct Snapshots(Arc<Shared>);

struct Shared {
    link: Link,
    /// Streams that have a task at work, and what it writes next.
    waiting: Mutex<HashMap<StreamName, Snapshot>>,
    in_flight: Semaphore,
}

impl Snapshots {
    pub(super) fn new(link: Link) -> Self {
        Self(Arc::new(Shared { link, waiting: Mutex::default(), in_flight: Semaphore::new(IN_FLIGHT) }))
    }

    pub(super) fn save(&self, stream: StreamName, snapshot: Snapshot) {
        let mut waiting = self.0.waiting();
        if let Some(last) = waiting.get_mut(&stream) {
            *last = snapshot;
        } else if waiting.len() < WAITING {
            waiting.insert(stream.clone(), snapshot);
            self.0.link.runtime().spawn(Arc::clone(&self.0).write(stream));
        }
    }

    pub(super) async fn load(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        let waiting = self.0.waiting().get(stream).cloned();
        match waiting {
            Some(snapshot) => Ok(Some(snapshot)),
            None => load(&self.0.link, stream).await,
        }
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, HashMap<StreamName, Snapshot>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the stream's snapshot, and again if there is a newer one by then.
    async fn write(self: Arc<Self>, stream: StreamName) {
        let Ok(_permit) = self.in_flight.acquire().await else { return };
        loop {
            let Some(snapshot) = self.waiting().get(&stream).cloned() else { return };
            // A panic of the library's loses this one, and must not keep the stream from saving another.
            let put = AssertUnwindSafe(self.put(&stream, &snapshot)).catch_unwind().await;
            if let Err(error) = put.unwrap_or(Err(Error::InternalClientError)) {
                tracing::debug!(%error, %stream, "a snapshot was not saved");
            }
            let mut waiting = self.waiting();
            if waiting.get(&stream) == Some(&snapshot) {
                waiting.remove(&stream);
                return;
            }
        }
    }

    /// One try: the next snapshot is another one.
    async fn put(&self, stream: &StreamName, snapshot: &Snapshot) -> Result<(), Error> {
        let timeout = self.link.call_timeout();
        let Ok(connection) = self.link.connection(Instant::now() + timeout).await else {
            return Err(Error::ConnectionClosed);
        };
        let outcome = connection.caller.within(write(&connection.caller, &home(stream), snapshot)).await;
        match &outcome {
            Ok(()) => connection.worked(),
            Err(error) => self.link.failed(&connection, error),
        }
        outcome
    }
}

/// Whatever the stream holds: the last snapshot counts.
async fn write(caller: &Caller, home: &str, snapshot: &Snapshot) -> Result<(), Error> {
    let place = json!({ "version": snapshot.version.0, "schema": snapshot.schema }).to_string();
    let event = event::data(KIND, &snapshot.data).metadata(place.into()).id(Uuid::new_v4());
    let options = AppendToStreamOptions::default().requires_leader(true);
    let options = caller.signed(options, AppendToStreamOptions::authenticated);
    let written = caller.client.append_to_stream(home, &options, event).await?;
    if written.next_expected_version.is_multiple_of(KEEPING_TOLD_EVERY) {
        let keeps_one = StreamMetadataBuilder::new().max_count(1).build();
        caller.client.set_stream_metadata(home, &options, &keeps_one).await?;
    }
    Ok(())
}

pub(super) async fn load(link: &Link, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
    let home = home(stream);
    let last = link.ask(async |caller| page::last(&caller, &home).await).await?;
    // One that is not understood is as good as none.
    Ok(last.and_then(|event| {
        let place: serde_json::Value = serde_json::from_slice(&event.custom_metadata).ok()?;
        let version = Version(place["version"].as_u64()?);
        let schema = u32::try_from(place["schema"].as_u64()?).ok()?;
        Some(Snapshot { version, schema, data: event.data })
    }))
}

/// The server's name for where a stream's snapshot is.
fn home(stream: &StreamName) -> String {
    format!("@snapshot-{stream}")
}
