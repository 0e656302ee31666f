//! Events that were read together share a few buffers, each of a size that the allocator hands out again and again: one
//! large buffer would be grown by copying, and its pages taken from and given back to the system each time.

use std::sync::Arc;

use bytes::Bytes;
use chrono::DateTime;
use orderflow_engine::{Position, RawEvent, StreamName, Version};
use rusqlite::Row;

use super::query::{QueryError, bytes};

/// A page of the log ends early when it holds so much.
const FULL_BYTES: usize = 16 * 1024 * 1024;

/// The size of a buffer, unless one event alone is larger.
const BUFFER_BYTES: usize = 64 * 1024;

#[derive(Default)]
pub(super) struct PageBuilder {
    events: Vec<RawEvent>,
    /// Of the events that are in `buffer`, where metadata and data end; they begin where what is before them ends.
    ends: Vec<(usize, usize)>,
    buffer: Vec<u8>,
    bytes: usize,
}

impl PageBuilder {
    /// Takes the columns position, stream, version, kind, time, metadata, data.
    pub(super) fn push(&mut self, row: &Row<'_>, stream: StreamName, kind: Arc<str>) -> Result<(), QueryError> {
        let position: i64 = row.get(0)?;
        let micros = row.get(4)?;
        let time = DateTime::from_timestamp_micros(micros)
            .ok_or_else(|| QueryError::Damaged(format!("position {position} has no time")))?;
        let (metadata, data) = (bytes(row.get_ref(5)?), bytes(row.get_ref(6)?));
        let size = metadata.len() + data.len();
        if self.buffer.capacity() - self.buffer.len() < size {
            self.hand_out();
            self.buffer = Vec::with_capacity(size.max(BUFFER_BYTES));
        }
        self.bytes += size;
        self.buffer.extend_from_slice(metadata);
        let metadata_end = self.buffer.len();
        self.buffer.extend_from_slice(data);
        self.ends.push((metadata_end, self.buffer.len()));
        self.events.push(RawEvent {
            position: Position(position.cast_unsigned()),
            stream,
            version: Version(row.get::<_, i64>(2)?.cast_unsigned()),
            kind,
            time,
            metadata: Bytes::new(),
            data: Bytes::new(),
        });
        Ok(())
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= FULL_BYTES
    }

    /// The position of the last event taken.
    pub(super) fn through(&self) -> Position {
        self.events.last().map_or(Position::START, |event| event.position)
    }

    pub(super) fn finish(mut self) -> Vec<RawEvent> {
        self.hand_out();
        self.events
    }

    /// Gives the events that are in the buffer their bytes.
    fn hand_out(&mut self) {
        let buffer = Bytes::from(std::mem::take(&mut self.buffer));
        let first = self.events.len() - self.ends.len();
        let mut start = 0;
        for (event, (metadata_end, data_end)) in self.events[first..].iter_mut().zip(self.ends.drain(..)) {
            event.metadata = buffer.slice(start..metadata_end);
            event.data = buffer.slice(metadata_end..data_end);
            start = data_end;
        }
    }
}
