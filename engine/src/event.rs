//! Events as a store keeps them, and as the rest of the program sees them.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use crate::{
    codec::{DecodeError, EventCodec},
    metadata::{Metadata, Timestamp},
    stream::{ExpectedVersion, Position, StreamName, Version},
};

/// An event that is to be appended: `book.borrowed.v1` and its body in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    pub kind: &'static str,
    pub data: Bytes,
}

/// The events of one decision. A store appends all of them or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    pub stream: StreamName,
    pub expected: ExpectedVersion,
    /// Never empty.
    pub events: Vec<NewEvent>,
    /// [`Metadata`] in JSON, the same for every event of the decision.
    pub metadata: Bytes,
    pub time: Timestamp,
}

/// Where the last event of an append came to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    pub version: Version,
    pub position: Position,
}

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEvent {
    pub position: Position,
    pub stream: StreamName,
    pub version: Version,
    pub kind: Arc<str>,
    pub time: Timestamp,
    pub metadata: Bytes,
    pub data: Bytes,
}

impl RawEvent {
    pub fn metadata(&self) -> Result<Metadata, DecodeError> {
        serde_json::from_slice(&self.metadata).map_err(|source| DecodeError::Metadata { source: Arc::new(source) })
    }

    pub fn decode<E: EventCodec>(&self) -> Result<Recorded<E>, DecodeError> {
        Ok(self.with(E::decode(&self.kind, &self.data)?))
    }

    /// This event's place with a body that was decoded elsewhere.
    pub fn with<E>(&self, event: E) -> Recorded<E> {
        Recorded {
            position: self.position,
            stream: self.stream.clone(),
            version: self.version,
            time: self.time,
            metadata: self.metadata.clone(),
            event,
        }
    }
}

/// A decoded event and its place in the log.
#[derive(Debug, Clone)]
pub struct Recorded<E> {
    pub position: Position,
    pub stream: StreamName,
    pub version: Version,
    pub time: Timestamp,
    /// [`Metadata`] in JSON: few readers need it, so it is decoded on request.
    pub metadata: Bytes,
    pub event: E,
}

impl<E> Recorded<E> {
    pub fn metadata(&self) -> Result<Metadata, DecodeError> {
        serde_json::from_slice(&self.metadata).map_err(|source| DecodeError::Metadata { source: Arc::new(source) })
    }

    /// The event's id: the same in every store and on every replay.
    pub fn id(&self) -> Uuid {
        self.stream.event_id(self.version)
    }

    pub fn map<F>(self, f: impl FnOnce(E) -> F) -> Recorded<F> {
        Recorded {
            position: self.position,
            stream: self.stream,
            version: self.version,
            time: self.time,
            metadata: self.metadata,
            event: f(self.event),
        }
    }
}
