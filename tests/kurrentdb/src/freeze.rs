//! A node that hangs: connections are taken, and nothing on them is read or written until it is thawed.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

#[derive(Default)]
pub(crate) struct Freeze(Mutex<State>);

#[derive(Default)]
struct State {
    frozen: bool,
    waiting: Vec<Waker>,
}

impl Freeze {
    pub(crate) fn set(&self, frozen: bool) {
        let mut state = self.state();
        state.frozen = frozen;
        if !frozen {
            state.waiting.drain(..).for_each(Waker::wake);
        }
    }

    /// Ready while the node does not hang.
    pub(crate) fn poll_thawed(&self, context: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.frozen {
            state.waiting.push(context.waker().clone());
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
