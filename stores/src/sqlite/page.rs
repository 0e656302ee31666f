//! Events that were read together share one buffer.

use std::sync::Arc;

use bytes::Bytes;
use chrono::DateTime;
use orderflow_engine::{Position, RawEvent, StreamName, Version};
use rusqlite::Row;

use super::query::{QueryError, bytes};

/// A page of the log ends early when it holds so much.
const FULL_BYTES: usize = 16 * 1024 * 1024;

#[derive(Default)]
pub(super) struct PageBuilder {
    events: Vec<RawEvent>,
    /// Where an event's metadata and its data end in the buffer; they begin where what is before them ends.
    ends: Vec<(usize, usize)>,
    buffer: Vec<u8>,
}

impl PageBuilder {
    /// Takes the columns position, stream, version, kind, time, metadata, data.
    pub(super) fn push(&mut self, row: &Row<'_>, stream: StreamName, kind: Arc<str>) -> Result<(), QueryError> {
        let position: i64 = row.get(0)?;
        let micros = row.get(4)?;
        let time = DateTime::from_timestamp_micros(micros)
            .ok_or_else(|| QueryError::Damaged(format!("position {position} has no time")))?;
        self.buffer.extend_from_slice(bytes(row.get_ref(5)?));
        let metadata_end = self.buffer.len();
        self.buffer.extend_from_slice(bytes(row.get_ref(6)?));
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
        self.buffer.len() >= FULL_BYTES
    }

    /// The position of the last event taken.
    pub(super) fn through(&self) -> Position {
        self.events.last().map_or(Position::START, |event| event.position)
    }

    pub(super) fn finish(mut self) -> Vec<RawEvent> {
        let buffer = Bytes::from(self.buffer);
        let mut start = 0;
        for (event, (metadata_end, data_end)) in self.events.iter_mut().zip(self.ends) {
            event.metadata = buffer.slice(start..metadata_end);
            event.data = buffer.slice(metadata_end..data_end);
            start = data_end;
        }
        self.events
    }
}
