//! The log and its streams: every rule about events, as functions over values. Time and ids come from the caller.

mod append;
mod delete;
mod expected;
mod metadata;
mod read;
mod stream;
mod system;

use std::{collections::HashMap, sync::Arc};

use self::stream::Stream;
pub(crate) use self::{
    append::Written,
    expected::{Expected, Refusal},
    read::{Cursor, Direction, From, Source, Unreadable},
};
use crate::record::{Proposed, Record};

/// What lies before the first event: a server begins its log with a record of its own.
const FIRST_POSITION: u64 = 178;

#[derive(Debug)]
pub(crate) struct Log {
    records: Vec<Arc<Record>>,
    streams: HashMap<Arc<str>, Stream>,
    /// Where the next record begins.
    end: u64,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { records: Vec::new(), streams: HashMap::new(), end: FIRST_POSITION }
    }

    pub(crate) fn records(&self) -> &[Arc<Record>] {
        &self.records
    }

    fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.get(name)
    }

    /// The stream's name, shared by all its records.
    fn intern(&mut self, name: &str) -> Arc<str> {
        if let Some((name, _)) = self.streams.get_key_value(name) {
            return Arc::clone(name);
        }
        let name: Arc<str> = name.into();
        self.streams.insert(Arc::clone(&name), Stream::new(&name));
        name
    }

    fn stream_mut(&mut self, name: &str) -> &mut Stream {
        let name = self.intern(name);
        self.streams.get_mut(&name).expect("it was there or has been made")
    }

    /// Puts one event at the end, whatever anybody expects, and gives its position.
    fn put(&mut self, stream: &Arc<str>, revision: u64, created_ticks: u64, event: Proposed) -> u64 {
        let position = self.end;
        let record = Record { stream: Arc::clone(stream), revision, position, created_ticks, event };
        self.end += record.size_bytes();
        self.records.push(Arc::new(record));
        position
    }
}
