//! Where the log ends, in the process that writes it.

use std::sync::atomic::{AtomicU64, Ordering};

use orderflow_engine::Position;
use tokio::sync::watch;

/// Set by the writer after each commit, in two steps: what is durable is known before it is acknowledged, and followers
/// are woken after it is.
pub(super) struct Head {
    durable: AtomicU64,
    watch: watch::Sender<Position>,
}

impl Head {
    pub(super) fn new(position: Position) -> Self {
        Self { durable: AtomicU64::new(position.0), watch: watch::Sender::new(position) }
    }

    pub(super) fn get(&self) -> Position {
        Position(self.durable.load(Ordering::Acquire))
    }

    pub(super) fn set(&self, position: Position) {
        self.durable.store(position.0, Ordering::Release);
    }

    pub(super) fn wake(&self) {
        self.watch.send_replace(self.get());
    }

    pub(super) fn watch(&self) -> watch::Receiver<Position> {
        self.watch.subscribe()
    }
}
