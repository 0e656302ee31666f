//! Whether the store takes appends: what its writer last saw of the server.

use std::sync::{Mutex, PoisonError};

use orderflow_engine::Cause;

use crate::sqlite::StoreHealth;

pub(super) struct Health(Mutex<StoreHealth>);

impl Health {
    pub(super) fn new() -> Self {
        Self(Mutex::new(StoreHealth::Serving))
    }

    pub(super) fn get(&self) -> StoreHealth {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn is_serving(&self) -> bool {
        matches!(self.get(), StoreHealth::Serving)
    }

    /// Told once, not for every attempt that fails.
    pub(super) fn failing(&self, cause: &Cause) {
        if let StoreHealth::Serving = self.set(StoreHealth::Failing(cause.clone())) {
            tracing::warn!(error = %cause, "the event store cannot append");
        }
    }

    pub(super) fn serving(&self) {
        if let StoreHealth::Failing(_) = self.set(StoreHealth::Serving) {
            tracing::info!("the event store appends again");
        }
    }

    pub(super) fn close(&self) {
        self.set(StoreHealth::Closed);
    }

    /// Gives what it was.
    fn set(&self, health: StoreHealth) -> StoreHealth {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), health)
    }
}
