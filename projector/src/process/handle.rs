//! What others can ask of a running process.

use orderflow_engine::{Position, Tenant};
use tokio::sync::{mpsc, oneshot, watch};

/// A running process. Clones speak to the same runner.
#[derive(Clone)]
pub struct ProcessHandle {
    pub(super) requests: mpsc::Sender<Request>,
    pub(super) position: watch::Receiver<Position>,
    pub(super) set_aside: watch::Receiver<usize>,
}

pub(super) struct Request {
    pub(super) tenant: Tenant,
    pub(super) id: String,
    pub(super) done: oneshot::Sender<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the process is at work already, or its runner has stopped: look at it again in a moment")]
pub struct NotRetried;

impl ProcessHandle {
    /// Everything up to this position was fed, and what came of it is recorded.
    #[must_use]
    pub fn position(&self) -> Position {
        *self.position.borrow()
    }

    /// How many instances cannot go on, and are only tried again from time to time. The position stays below what they
    /// have not taken.
    #[must_use]
    pub fn set_aside(&self) -> usize {
        *self.set_aside.borrow()
    }

    /// Feeds an instance the wish of a person to try again, and waits until it has come of something.
    pub async fn retry(&self, tenant: &Tenant, id: &str) -> Result<(), NotRetried> {
        let (done, answer) = oneshot::channel();
        let request = Request { tenant: tenant.clone(), id: id.to_owned(), done };
        self.requests.send(request).await.map_err(|_| NotRetried)?;
        answer.await.map_err(|_| NotRetried)
    }
}
