//! Appending: all events in one run, or none.

use std::sync::Arc;

use uuid::Uuid;

use super::{
    Log,
    expected::{Expected, Refusal, Ruling},
};
use crate::record::Proposed;

/// Where the last event of an append is; nothing of both where no event was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) revision: Option<u64>,
    pub(crate) position: Option<u64>,
}

impl Log {
    pub(crate) fn append(
        &mut self, name: &str, expected: Expected, events: Vec<Proposed>, now_ticks: u64,
    ) -> Result<Written, Refusal> {
        let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
        if let Ruling::Repeated { last } = self.rule(name, expected, &ids)? {
            let place = self.stream(name).map(|stream| stream.places[last as usize]);
            let position = place.map(|place| self.records[place].position);
            return Ok(Written { revision: Some(last), position });
        }
        if events.is_empty() {
            let revision = self.stream(name).and_then(|stream| stream.current());
            return Ok(Written { revision, position: None });
        }
        let name = self.intern(name);
        let first = self.stream_mut(&name).next();
        let written = self.extend(&name, events, now_ticks);
        if self.stream_mut(&name).is_soft_deleted() {
            self.revive(&name, first, now_ticks);
        }
        Ok(written)
    }

    /// Puts events at the end of a stream, whatever anybody expects.
    pub(super) fn extend(&mut self, name: &Arc<str>, events: Vec<Proposed>, now_ticks: u64) -> Written {
        let mut written = Written { revision: None, position: None };
        for event in events {
            let place = self.records.len();
            let stream = self.stream_mut(name);
            let revision = stream.next();
            stream.places.push(place);
            self.note_metadata(name, &event);
            written = Written { revision: Some(revision), position: Some(self.put(name, revision, now_ticks, event)) };
        }
        written
    }
}
