//! What every endpoint is given.

use std::sync::Arc;

use orderflow_commands::{Clock, Commands, Payments};
use orderflow_engine::{EventReader, Position, ReadError};
use orderflow_stores::AnyStore;
use uuid::Uuid;

use crate::caller::Caller;

/// A source of the ids of commands that came without a key, passed in so that a run can be replayed.
#[derive(Clone)]
pub struct Ids(Arc<dyn Fn() -> Uuid + Send + Sync>);

impl Ids {
    pub fn new(next: impl Fn() -> Uuid + Send + Sync + 'static) -> Self {
        Self(Arc::new(next))
    }

    /// Random ids that begin with the time (RFC 9562, version 7).
    #[must_use]
    pub fn random() -> Self {
        Self::new(Uuid::now_v7)
    }

    pub(crate) fn next(&self) -> Uuid {
        (self.0)()
    }
}

#[derive(Clone)]
pub struct WriteState {
    pub commands: Commands,
    pub payments: Payments,
    /// Asked for nothing but the position of its last event.
    pub store: AnyStore,
    pub clock: Clock,
    pub ids: Ids,
    /// Whoever sends a request: today the same for all of them.
    pub caller: Caller,
}

impl WriteState {
    /// The token for a command that had nothing to add: whatever satisfied it stands at or before the last event.
    pub(crate) async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }
}
