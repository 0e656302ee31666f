//! Events that a projection could not take.

use std::sync::Arc;

use orderflow_engine::{Position, StreamName, Timestamp, Version};

/// An event that is parked for one view, because it does not decode, its projection failed on it, or an earlier event
/// of its stream is parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub view: Arc<str>,
    pub stream: StreamName,
    pub version: Version,
    pub position: Position,
    pub kind: Arc<str>,
    pub reason: Arc<str>,
    pub parked_at: Timestamp,
}

/// A stream of which a view has parked events: all that the view wants of it, from one version on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedStream {
    pub stream: StreamName,
    pub first: Version,
    pub events: u64,
}
