//! Where the time comes from.

use std::sync::Arc;

use orderflow_engine::Timestamp;

/// A source of times, passed in so that a run can be replayed. Times are cut to microseconds, as events keep them.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The machine's clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is where the time comes from")]
    pub fn system() -> Self {
        Self::new(chrono::Utc::now)
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = (self.0)();
        Timestamp::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }
}
