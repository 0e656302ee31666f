//! Reading a stream or `$all`, page by page. The entries of both are numbered from 0: the events of a stream by their
//! revision, those of `$all` by their place in the log.

use std::sync::Arc;

use super::{
    Log,
    stream::{Life, Stream},
};
use crate::record::Record;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    All,
    Stream(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Forwards,
    Backwards,
}

/// Where to begin: `At` is a revision, or a position of `$all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    Start,
    At(u64),
    /// What subscriptions resume from.
    After(u64),
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// There never was such a stream, or it is hidden.
    Missing,
    Tombstoned,
    /// No event is at this position.
    NoSuchPosition(u64),
}

/// How far a reader has come.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    pub(crate) source: Source,
    pub(crate) direction: Direction,
    /// Forwards the entry to read next, backwards the one above it.
    next: u64,
}

impl Log {
    pub(crate) fn cursor(&self, source: Source, direction: Direction, from: From) -> Result<Cursor, Unreadable> {
        let length = match &source {
            Source::All => self.records.len(),
            Source::Stream(name) => self.stream(name).map_or(0, |stream| stream.places.len()),
        } as u64;
        let next = match (&source, from) {
            (_, From::Start) => 0,
            (_, From::End) => length,
            (Source::All, From::At(position)) => self.place(position)?,
            (Source::All, From::After(position)) => self.place_after(position)?,
            // Backwards from a revision includes it; backwards from a position does not.
            (Source::Stream(_), From::At(revision)) if direction == Direction::Backwards => {
                revision.saturating_add(1).min(length)
            }
            (Source::Stream(_), From::At(revision)) => revision,
            (Source::Stream(_), From::After(revision)) => revision.saturating_add(1),
        };
        Ok(Cursor { source, direction, next })
    }

    /// The next events, at most `limit`. None are left when there are none.
    pub(crate) fn page(&self, cursor: &mut Cursor, limit: usize) -> Vec<Arc<Record>> {
        let stream = match &cursor.source {
            Source::All => None,
            Source::Stream(name) => match self.stream(name) {
                Some(stream) => Some(stream),
                None => return Vec::new(),
            },
        };
        let (first, end) = match stream {
            None => (0, self.records.len() as u64),
            Some(stream) => (stream.first(), stream.next()),
        };
        let limit = limit as u64;
        let entries = match cursor.direction {
            Direction::Forwards => {
                let begin = cursor.next.max(first).min(end);
                begin..begin.saturating_add(limit).min(end)
            }
            Direction::Backwards => cursor.next.saturating_sub(limit).max(first).min(cursor.next)..cursor.next,
        };
        let record = |entry: u64| {
            let place = stream.map_or(entry as usize, |stream| stream.places[entry as usize]);
            Arc::clone(&self.records[place])
        };
        match cursor.direction {
            Direction::Forwards => {
                if !entries.is_empty() {
                    cursor.next = entries.end;
                }
                entries.map(record).collect()
            }
            Direction::Backwards => {
                cursor.next = entries.start;
                entries.rev().map(record).collect()
            }
        }
    }

    /// The revision, or the position, of the last entry before a cursor that reads forwards.
    pub(crate) fn last_read(&self, cursor: &Cursor) -> Option<u64> {
        let last = cursor.next.checked_sub(1)?;
        match &cursor.source {
            Source::All => self.records.get(last as usize).map(|record| record.position),
            Source::Stream(_) => Some(last),
        }
    }

    /// The revision of a stream's last event, readable or not.
    pub(crate) fn current(&self, name: &str) -> Option<u64> {
        self.stream(name).and_then(Stream::current)
    }

    /// The revision of a stream's last event, when the stream can be read.
    pub(crate) fn readable(&self, name: &str) -> Result<u64, Unreadable> {
        match self.stream(name) {
            Some(stream) if stream.life == Life::Tombstoned => Err(Unreadable::Tombstoned),
            Some(stream) if stream.is_soft_deleted() => Err(Unreadable::Missing),
            stream => stream.and_then(Stream::current).ok_or(Unreadable::Missing),
        }
    }

    /// The event that a link points to, if it can still be read.
    pub(crate) fn resolve(&self, link: &Record) -> Option<Arc<Record>> {
        let (revision, name) = link.target()?;
        self.readable(name).ok()?;
        let stream = self.stream(name).filter(|stream| revision >= stream.first())?;
        stream.places.get(usize::try_from(revision).ok()?).map(|place| Arc::clone(&self.records[*place]))
    }

    /// The first event at a position, or after all of them.
    fn place(&self, position: u64) -> Result<u64, Unreadable> {
        let place = self.records.partition_point(|record| record.position < position);
        let there = self.records.get(place).map_or(self.end, |record| record.position);
        match position {
            0 | u64::MAX => Ok(place as u64),
            _ if position == there => Ok(place as u64),
            _ => Err(Unreadable::NoSuchPosition(position)),
        }
    }

    fn place_after(&self, position: u64) -> Result<u64, Unreadable> {
        let place = self.place(position)?;
        let is_event = self.records.get(place as usize).is_some_and(|record| record.position == position);
        Ok(place + u64::from(is_event))
    }
}
