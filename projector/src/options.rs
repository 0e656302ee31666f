//! How a projector runs.

use std::time::Duration;

use orderflow_engine::{Position, Timestamp};

/// The defaults suit a service on a small machine.
#[derive(Debug, Clone)]
pub struct Options {
    /// Events considered by one read of the log.
    pub page_events: usize,
    /// Events behind one write of the live views, about.
    pub batch_events: usize,
    /// A page of no more events than this is projected where it is read, because waking a thread would take longer.
    pub inline_events: usize,
    /// How often the log is looked at when nothing says that it has grown.
    pub poll_interval: Duration,
    /// How long the live worker rests at most between two small batches.
    pub longest_rest: Duration,
    /// What the rows that a rebuild gathers before it writes them may take, about.
    pub rebuild_memory_bytes: usize,
    /// A view that has nothing yet is rebuilt rather than followed when the log is longer than this.
    pub rebuild_when_behind: u64,
    /// How long to wait after a first failure of the store or the target.
    pub backoff_min: Duration,
    /// How long to wait at most while it goes on failing.
    pub backoff_max: Duration,
    /// Gives the time at which an event was parked.
    pub clock: fn() -> Timestamp,
    /// Spreads the waits of several projectors.
    pub seed: u64,
}

impl Options {
    /// Whether a view that stands at `position` is rebuilt rather than followed.
    pub(crate) fn begins_anew(&self, position: Position, head: Position) -> bool {
        position == Position::START && head.0 > self.rebuild_when_behind
    }
}

impl Default for Options {
    #[expect(clippy::disallowed_methods, reason = "it only stamps what was parked, for people to read")]
    fn default() -> Self {
        Self {
            page_events: 4_096,
            batch_events: 32_768,
            inline_events: 64,
            poll_interval: Duration::from_millis(250),
            longest_rest: Duration::from_millis(10),
            rebuild_memory_bytes: 256 << 20,
            rebuild_when_behind: 50_000,
            backoff_min: Duration::from_millis(20),
            backoff_max: Duration::from_secs(5),
            clock: chrono::Utc::now,
            seed: 0,
        }
    }
}
