//! One stream's place in memory.

use tokio::sync::{Mutex, MutexGuard};

use super::fold::Folded;
use crate::{decider::Decider, store::Ticket};

/// A fair lock: commands pass in the order they came.
pub(super) struct Mailbox<D: Decider>(Mutex<Slot<D>>);

pub(super) struct Slot<D: Decider> {
    /// The state after every event that was submitted, durable or not.
    pub(super) folded: Option<Folded<D>>,
    last: Option<Ticket>,
    /// `folded` began from the assumption that the stream does not exist, and nothing has borne that out yet.
    guessed: bool,
    /// Raised whenever `folded` is thrown away, so that of many failed appends only the first does it.
    pub(super) epoch: u64,
}

impl<D: Decider> Default for Mailbox<D> {
    fn default() -> Self {
        Self(Mutex::new(Slot { folded: None, last: None, guessed: false, epoch: 0 }))
    }
}

impl<D: Decider> Mailbox<D> {
    pub(super) async fn slot(&self) -> MutexGuard<'_, Slot<D>> {
        self.0.lock().await
    }

    /// An append of this epoch failed: the state it led to never came to be.
    pub(super) async fn forget(&self, epoch: u64) {
        self.slot().await.forget(epoch);
    }
}

impl<D: Decider> Slot<D> {
    pub(super) fn submitted(&mut self, ticket: Ticket) {
        self.last = Some(ticket);
    }

    /// The append that everything known rests on, unless it is already durable.
    pub(super) fn pending(&mut self) -> Option<Ticket> {
        match self.last.as_ref().and_then(Ticket::peek) {
            Some(Ok(_)) => {
                self.last = None;
                self.guessed = false;
            }
            // Its own caller may be gone, so whoever comes next throws the state away.
            Some(Err(_)) => self.forget(self.epoch),
            None => {}
        }
        self.last.clone()
    }

    pub(super) fn guess(&mut self, folded: Folded<D>) {
        self.folded = Some(folded);
        self.guessed = true;
    }

    pub(super) fn is_guessed(&self) -> bool {
        self.guessed
    }

    pub(super) fn forget(&mut self, epoch: u64) {
        if self.epoch == epoch {
            self.guessed = false;
            self.epoch += 1;
            self.folded = None;
            self.last = None;
        }
    }
}
