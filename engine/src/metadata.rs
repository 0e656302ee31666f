//! What is remembered of the intention behind an event: who, why, and as part of what.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Microseconds are kept; anything finer is cut where a time enters the system.
pub type Timestamp = DateTime<Utc>;

/// The identity of an intention: the same id twice has one effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub Uuid);

impl CommandId {
    /// The id of a command that follows from this one, the same each time it is asked for (RFC 9562, version 5).
    #[must_use]
    pub fn derive(self, step: &str) -> Self {
        Self(Uuid::new_v5(&self.0, step.as_bytes()))
    }

    /// The id of the event that this command appended as its `index`-th, counted from 0.
    #[must_use]
    pub fn event_id(self, index: u64) -> Uuid {
        Uuid::new_v5(&self.0, &index.to_be_bytes())
    }
}

/// A digest of the payload that came with a caller's key: the same key with another one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub Uuid);

/// Travels with every event. The tenant is in the stream's name and the time beside it, so neither is repeated here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    pub command: CommandId,
    /// The command that began the conversation; left out of the stored form when it is `command` itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<CommandId>,
    /// The id of the event that caused this command, when an event did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<Uuid>,
    pub actor: Arc<str>,
    /// W3C Trace Context `traceparent`, version 00.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<Arc<str>>,
    /// There when a caller may repeat the command: its id is then remembered by the stream's fold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
}

impl Metadata {
    #[must_use]
    pub fn new(command: CommandId, actor: impl Into<Arc<str>>) -> Self {
        Self { command, correlation: None, causation: None, actor: actor.into(), trace_parent: None, fingerprint: None }
    }

    /// The metadata of a command that an event caused: a new id in the same conversation.
    #[must_use]
    pub fn caused(&self, command: CommandId, causation: Uuid, actor: impl Into<Arc<str>>) -> Self {
        Self {
            correlation: Some(self.correlation()),
            causation: Some(causation),
            trace_parent: self.trace_parent.clone(),
            ..Self::new(command, actor)
        }
    }

    #[must_use]
    pub fn correlation(&self) -> CommandId {
        self.correlation.unwrap_or(self.command)
    }
}
