//! Events that were read together share a few buffers, each of a size that the allocator hands out again and again: one
//! large buffer would be grown by copying, and its pages taken from and given back to the system each time.

use std::sync::Arc;

use bytes::Bytes;
use chrono::DateTime;
use orderflow_engine::{Position, RawEvent, StreamName, Version};

/// A page of the log ends early when it holds so much.
pub(crate) const FULL_BYTES: usize = 16 * 1024 * 1024;

/// A page of the log holds no more events than this, whatever was asked for.
pub(crate) const MAX_CONSIDERED: u64 = 16_384;

/// The size of a buffer, unless one event alone is larger.
const BUFFER_BYTES: usize = 64 * 1024;

#[derive(Default)]
pub(crate) struct PageBuilder {
    events: Vec<RawEvent>,
    /// Of the events that are in `buffer`, where metadata and data end; they begin where what is before them ends.
    ends: Vec<(usize, usize)>,
    buffer: Vec<u8>,
    bytes: usize,
}

/// An event's columns, as a database gives them.
pub(crate) struct EventRow<'r> {
    pub(crate) position: i64,
    pub(crate) version: i64,
    pub(crate) time_us: i64,
    pub(crate) metadata: &'r [u8],
    pub(crate) data: &'r [u8],
}

#[derive(Debug, thiserror::Error)]
#[error("position {0} has no time")]
pub(crate) struct NoTime(i64);

impl PageBuilder {
    pub(crate) fn push(&mut self, row: &EventRow<'_>, stream: StreamName, kind: Arc<str>) -> Result<(), NoTime> {
        let EventRow { position, version, time_us, metadata, data } = *row;
        let time = DateTime::from_timestamp_micros(time_us).ok_or(NoTime(position))?;
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
            version: Version(version.cast_unsigned()),
            kind,
            time,
            metadata: Bytes::new(),
            data: Bytes::new(),
        });
        Ok(())
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= FULL_BYTES
    }

    /// The position of the last event taken.
    pub(crate) fn through(&self) -> Position {
        self.events.last().map_or(Position::START, |event| event.position)
    }

    pub(crate) fn finish(mut self) -> Vec<RawEvent> {
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
