//! An event store in memory: the reference for what the contract means, and fast enough for property tests.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::{AppendError, EventReader, EventStore, Page, ReadError, Snapshot, Ticket, Wanted};
use crate::{
    event::{Append, Appended, RawEvent},
    stream::{Position, StreamName, Version},
};

/// Clones share the same log.
#[derive(Clone)]
pub struct MemoryStore {
    log: Arc<Mutex<Log>>,
    head: watch::Sender<Position>,
}

#[derive(Default)]
struct Log {
    events: Vec<RawEvent>,
    /// The index in `events` of each event of a stream.
    streams: HashMap<StreamName, Vec<usize>>,
    snapshots: HashMap<StreamName, Snapshot>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self { log: Arc::default(), head: watch::Sender::new(Position::START) }
    }
}

impl MemoryStore {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let mut log = self.log();
        let log = &mut *log;
        let stream = log.streams.entry(append.stream.clone()).or_default();
        let actual = Version(stream.len() as u64);
        if !append.expected.admits(actual) {
            return Err(AppendError::Conflict { expected: append.expected, actual });
        }
        for event in append.events {
            stream.push(log.events.len());
            log.events.push(RawEvent {
                position: Position(log.events.len() as u64 + 1),
                stream: append.stream.clone(),
                version: Version(stream.len() as u64),
                kind: Arc::from(event.kind),
                time: append.time,
                metadata: append.metadata.clone(),
                data: event.data,
            });
        }
        let position = Position(log.events.len() as u64);
        self.head.send_replace(position);
        Ok(Appended { version: Version(stream.len() as u64), position })
    }
}

impl EventReader for MemoryStore {
    async fn read_stream(&self, stream: &StreamName, after: Version, limit: usize) -> Result<Vec<RawEvent>, ReadError> {
        let log = self.log();
        let indexes = log.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let after = usize::try_from(after.0).unwrap_or(usize::MAX);
        Ok(indexes.iter().skip(after).take(limit).map(|index| log.events[*index].clone()).collect())
    }

    async fn read_all(&self, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, ReadError> {
        let log = self.log();
        let start = usize::try_from(after.0).unwrap_or(usize::MAX).min(log.events.len());
        let considered = &log.events[start..log.events.len().min(start.saturating_add(limit))];
        Ok(Page {
            events: considered.iter().filter(|event| wanted.wants(event)).cloned().collect(),
            through: considered.last().map_or(after, |event| event.position),
        })
    }

    async fn head(&self) -> Result<Position, ReadError> {
        Ok(*self.head.borrow())
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        Ok(self.log().snapshots.get(stream).cloned())
    }
}

impl EventStore for MemoryStore {
    async fn submit_after(&self, append: Append, rests_on: Option<Ticket>) -> Ticket {
        // Whatever it rests on is decided: appends are, before their tickets are given out.
        Ticket::decided(match rests_on.and_then(|ticket| ticket.fails(append.expected)) {
            Some(error) => Err(error),
            None => self.append(append),
        })
    }

    async fn save_snapshot(&self, stream: StreamName, snapshot: Snapshot) {
        self.log().snapshots.insert(stream, snapshot);
    }
}
