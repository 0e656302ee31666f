//! The answer to an append that is on its way.

use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use super::{AppendError, Cause};
use crate::{event::Appended, stream::ExpectedVersion};

type Decision = Result<Appended, AppendError>;

struct Shared {
    decision: OnceLock<Decision>,
    decided: Notify,
}

/// Any number of waiters may hold a clone, and all of them get the same answer.
#[derive(Clone)]
pub struct Ticket(Arc<Shared>);

/// The store's end of a [`Ticket`]. Dropped without an answer, it answers that the outcome is unknown.
pub struct Completer(Arc<Shared>);

impl Ticket {
    #[must_use]
    pub fn new() -> (Completer, Self) {
        let shared = Arc::new(Shared { decision: OnceLock::new(), decided: Notify::new() });
        (Completer(Arc::clone(&shared)), Self(shared))
    }

    #[must_use]
    pub fn decided(decision: Decision) -> Self {
        Self(Arc::new(Shared { decision: OnceLock::from(decision), decided: Notify::new() }))
    }

    /// The answer, if there is one yet.
    #[must_use]
    pub fn peek(&self) -> Option<&Decision> {
        self.0.decision.get()
    }

    /// Why an append that rests on this one cannot be written, when this one failed.
    #[must_use]
    pub fn fails(&self, expected: ExpectedVersion) -> Option<AppendError> {
        match self.peek() {
            Some(Err(error)) => Some(error.for_what_rests_on_it(expected)),
            Some(Ok(_)) | None => None,
        }
    }

    pub async fn wait(&self) -> Decision {
        loop {
            let decided = self.0.decided.notified();
            tokio::pin!(decided);
            decided.as_mut().enable();
            if let Some(decision) = self.0.decision.get() {
                return decision.clone();
            }
            decided.await;
        }
    }
}

impl Completer {
    pub fn complete(self, decision: Decision) {
        self.set(decision);
    }

    fn set(&self, decision: Decision) {
        if self.0.decision.set(decision).is_ok() {
            self.0.decided.notify_waiters();
        }
    }
}

impl Drop for Completer {
    fn drop(&mut self) {
        if self.0.decision.get().is_none() {
            self.set(Err(AppendError::Indeterminate(Cause::new("the store stopped before it answered"))));
        }
    }
}
