//! What becomes of a write, by what the caller expects of the stream: the heart of the protocol.

use std::cmp::Ordering;

use uuid::Uuid;

use super::{
    Log,
    stream::{Life, Stream},
};

/// What the caller believes of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Any,
    NoStream,
    Exists,
    Revision(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Conflict { current: Option<u64> },
    Deleted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ruling {
    Write,
    /// These very events are there already; the last of them has this revision.
    Repeated {
        last: u64,
    },
}

impl Log {
    pub(super) fn rule(&self, name: &str, expected: Expected, ids: &[Uuid]) -> Result<Ruling, Refusal> {
        let stream = self.stream(name);
        // A stream's metadata goes with it.
        let described = name.strip_prefix("$$").and_then(|name| self.stream(name));
        if [stream, described].into_iter().flatten().any(|stream| stream.life == Life::Tombstoned) {
            return Err(Refusal::Deleted);
        }
        let current = stream.and_then(Stream::current);
        let soft_deleted = stream.is_some_and(Stream::is_soft_deleted);
        let conflict = Err(Refusal::Conflict { current });
        let expected_next = match expected {
            Expected::Any => return Ok(Ruling::Write),
            Expected::Exists if soft_deleted => return Err(Refusal::Deleted),
            Expected::Exists if current.is_some() || self.has_metadata(name) => return Ok(Ruling::Write),
            Expected::Exists => return conflict,
            Expected::NoStream => 0,
            Expected::Revision(revision) => revision.saturating_add(1),
        };
        let next = current.map_or(0, |current| current + 1);
        match expected_next.cmp(&next) {
            Ordering::Equal => return Ok(Ruling::Write),
            Ordering::Greater => return conflict,
            Ordering::Less => {}
        }
        match self.repeated(stream, expected_next, ids) {
            Repetition::Whole { last } => Ok(Ruling::Repeated { last }),
            Repetition::None if expected == Expected::NoStream && soft_deleted => Ok(Ruling::Write),
            Repetition::None | Repetition::Part => conflict,
        }
    }

    fn has_metadata(&self, name: &str) -> bool {
        self.stream(&format!("$${name}")).is_some_and(|metadata| metadata.next() > 0)
    }

    /// Whether the events stand in the stream from a revision on. Only ids count, never what the events say.
    fn repeated(&self, stream: Option<&Stream>, from: u64, ids: &[Uuid]) -> Repetition {
        let places = stream.and_then(|stream| stream.places.get(usize::try_from(from).ok()?..)).unwrap_or_default();
        let same = |(place, id): (&usize, &Uuid)| self.records[*place].event.id == *id;
        match places.iter().zip(ids).take_while(|pair| same(*pair)).count() {
            0 => Repetition::None,
            count if count == ids.len() => Repetition::Whole { last: from + count as u64 - 1 },
            _ => Repetition::Part,
        }
    }
}

enum Repetition {
    None,
    Part,
    Whole { last: u64 },
}
