//! Whether the store takes appends.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use orderflow_engine::Cause;

/// What a health endpoint tells of a store.
#[derive(Debug, Clone)]
pub enum StoreHealth {
    Serving,
    /// The last group of appends was not written, for want of room for example; the store tries again with the next
    /// one.
    Failing(Cause),
    /// A sync failed, so what is on the disk is in doubt: appends are refused until the store is opened again.
    Stopped(Cause),
    /// It was closed on purpose.
    Closed,
}

/// Why a store stops in nearly every case.
pub(super) const FAILED_SYNC: &str = "after a failed sync";

/// A failure that was not seen again for so long is over: a service that gets no writes because it is said to fail
/// could not show otherwise.
const FAILING_FOR: Duration = Duration::from_secs(5);

pub(super) struct Health(Mutex<(StoreHealth, Instant)>);

impl Health {
    pub(super) fn new() -> Self {
        Self(Mutex::new((StoreHealth::Serving, Instant::now())))
    }

    pub(super) fn get(&self) -> StoreHealth {
        let (health, since) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match health {
            StoreHealth::Failing(_) if since.elapsed() > FAILING_FOR => StoreHealth::Serving,
            health => health.clone(),
        }
    }

    /// A store that stopped stays so.
    pub(super) fn set(&self, health: StoreHealth) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(current.0, StoreHealth::Stopped(_)) {
            *current = (health, Instant::now());
        }
    }

    pub(super) fn stop(&self, when: &str, error: &rusqlite::Error) {
        let message = format!("the event store stopped {when} and must be opened again: {error}");
        tracing::error!(%error, "{message}");
        self.set(StoreHealth::Stopped(Cause::new(message)));
    }

    /// The reason for which appends are refused for good.
    pub(super) fn stopped(&self) -> Option<Cause> {
        match &self.0.lock().unwrap_or_else(PoisonError::into_inner).0 {
            StoreHealth::Stopped(cause) => Some(cause.clone()),
            StoreHealth::Serving | StoreHealth::Failing(_) | StoreHealth::Closed => None,
        }
    }
}
