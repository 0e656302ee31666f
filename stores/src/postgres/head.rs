//! How far the log is known to go in this process.

use orderflow_engine::Position;
use tokio::sync::watch;

/// Raised by whoever learns more: the writer, the follower, and every reader that asks the server.
pub(super) struct Head(watch::Sender<Position>);

impl Head {
    pub(super) fn new(position: Position) -> Self {
        Self(watch::Sender::new(position))
    }

    /// Everything up to it is committed; there may be more.
    pub(super) fn known(&self) -> Position {
        *self.0.borrow()
    }

    pub(super) fn raise(&self, position: Position) {
        self.0.send_if_modified(|known| {
            let further = position > *known;
            *known = position.max(*known);
            further
        });
    }

    pub(super) fn watch(&self) -> watch::Receiver<Position> {
        self.0.subscribe()
    }

    pub(super) fn is_watched(&self) -> bool {
        self.0.receiver_count() > 0
    }
}
