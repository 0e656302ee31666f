//! The contract between the engine and an event store.

pub mod conformance;
mod memory;
mod ticket;

use std::{error::Error, fmt, future::Future, sync::Arc};

use bytes::Bytes;
use tokio::sync::watch;

pub use self::{
    memory::MemoryStore,
    ticket::{Completer, Ticket},
};
use crate::{
    event::{Append, RawEvent},
    slice::Slices,
    stream::{ExpectedVersion, Position, StreamName, Version},
};

/// The reading half of an event store.
///
/// # Obligations
///
/// - A reader MUST see an event only after it is durable, and MUST NOT see position n before every position below n is
///   decided: whoever has read up to n never has to look below n again.
/// - Positions MUST grow with every event and SHOULD be gapless; where the store cannot give that (KurrentDB), they are
///   sparse but still monotonic.
/// - Within a stream, versions MUST be 1, 2, 3, … without a gap, in the order of positions.
pub trait EventReader: Clone + Send + Sync + 'static {
    /// Up to `limit` events of a stream with a version above `after`, in order; empty for a stream that does not exist.
    fn read_stream(
        &self, stream: &StreamName, after: Version, limit: usize,
    ) -> impl Future<Output = Result<Vec<RawEvent>, ReadError>> + Send;

    /// Considers up to `limit` events above `after` and gives those that are wanted, in order of position.
    fn read_all(
        &self, after: Position, limit: usize, wanted: &Wanted,
    ) -> impl Future<Output = Result<Page, ReadError>> + Send;

    /// The position of the last durable event.
    fn head(&self) -> impl Future<Output = Result<Position, ReadError>> + Send;

    /// Changes whenever there may be something new to read. A hint: followers MUST also look from time to time.
    fn watch(&self) -> watch::Receiver<Position>;

    fn load_snapshot(&self, stream: &StreamName) -> impl Future<Output = Result<Option<Snapshot>, ReadError>> + Send;
}

/// The writing half of an event store.
///
/// # Obligations
///
/// - An append MUST be written whole or not at all, at consecutive versions, and MUST be acknowledged only when it is
///   durable: it survives the death of the process and of the machine.
/// - The expected version MUST be checked in the same transaction as the write.
/// - Appends to one stream by one holder of the store MUST be decided in the order of their `submit`s, so that a writer
///   may submit the next append, expecting the version the last one will leave, before the last one is acknowledged.
/// - An append that rests on one that fails MUST fail as well, and write nothing. The expected version alone would not
///   show it: another writer's events may have brought the stream to the same version.
/// - An append whose write fails MUST say whether nothing was written ([`AppendError::Unavailable`]) or whether that is
///   unknown ([`AppendError::Indeterminate`]). After a failed sync a store MUST refuse writes until it is opened again.
/// - The queue of appends MUST be bounded: `submit` waits for room in it.
pub trait EventStore: EventReader {
    /// Whether somebody else may append to the streams that this holder of the store appends to.
    fn writers(&self) -> Writers {
        Writers::One
    }

    /// Queues an append that rests on durable events only; resolves when it is queued. The ticket resolves when it is
    /// decided.
    fn submit(&self, append: Append) -> impl Future<Output = Ticket> + Send {
        self.submit_after(append, None)
    }

    /// As [`submit`](Self::submit), for an append that was decided on the events of one that may not be durable yet:
    /// `rests_on` is the ticket of this holder's last append to the same stream.
    fn submit_after(&self, append: Append, rests_on: Option<Ticket>) -> impl Future<Output = Ticket> + Send;

    /// Keeps a snapshot in place of the stream's last one. Losing it costs time only, so it is not acknowledged.
    fn save_snapshot(&self, stream: StreamName, snapshot: Snapshot) -> impl Future<Output = ()> + Send;
}

/// How many holders of a store append to it at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// What this holder knows of a stream is all there is.
    One,
    /// A stream may have grown since it was last looked at.
    Several,
}

/// What a reader wants of the log. A store that can leaves the rest where it is.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub kinds: Kinds,
    /// Only events of streams in these slices.
    pub slices: Slices,
}

impl Wanted {
    pub const ALL: Self = Self { kinds: Kinds::All, slices: Slices::ALL };

    /// Events of these kinds, of every stream.
    pub fn kinds(kinds: impl Into<Arc<[&'static str]>>) -> Self {
        Self { kinds: Kinds::Only(kinds.into()), slices: Slices::ALL }
    }

    #[must_use]
    pub fn wants(&self, event: &RawEvent) -> bool {
        self.kinds.wants(&event.kind) && self.slices.hold(&event.stream)
    }
}

/// The kinds of events a reader wants.
#[derive(Debug, Clone)]
pub enum Kinds {
    All,
    Only(Arc<[&'static str]>),
}

impl Kinds {
    #[must_use]
    pub fn wants(&self, kind: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(kinds) => kinds.contains(&kind),
        }
    }
}

/// A piece of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub events: Vec<RawEvent>,
    /// Every event up to this position was considered; equal to the position asked from when there is nothing new.
    pub through: Position,
}

/// A stream's state at a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub version: Version,
    pub schema: u32,
    pub data: Bytes,
}

/// Why a store failed. Cheap to clone, because one failed group commit answers many appends.
#[derive(Debug, Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(source.into()))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// The three meanings of a failed append.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// Another writer was first: reload and decide again.
    #[error("expected {expected:?} but the stream is at version {actual}")]
    Conflict { expected: ExpectedVersion, actual: Version },
    /// Nothing was written: retry.
    #[error("the event store took nothing: {0}")]
    Unavailable(#[source] Cause),
    /// It may have been written: retry with the same ids only.
    #[error("the event store did not confirm the write: {0}")]
    Indeterminate(#[source] Cause),
}

impl AppendError {
    /// What this means for an append that rests on the one that failed: nothing of it is written.
    #[must_use]
    pub fn for_what_rests_on_it(&self, expected: ExpectedVersion) -> Self {
        match self {
            Self::Conflict { actual, .. } => Self::Conflict { expected, actual: *actual },
            Self::Unavailable(cause) | Self::Indeterminate(cause) => Self::Unavailable(cause.clone()),
        }
    }
}

/// A failed read has no effect: retry.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the event store could not be read: {0}")]
pub struct ReadError(#[source] pub Cause);
