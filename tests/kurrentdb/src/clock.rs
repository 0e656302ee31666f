//! The time of the edge: whatever is below takes it as a value.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prost_types::Timestamp;

const TICK: Duration = Duration::from_nanos(100);

#[expect(clippy::disallowed_methods, reason = "a server has a clock, and no run of it is replayed")]
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Ticks of 100 ns since 1970.
pub(crate) fn ticks() -> u64 {
    u64::try_from(since_epoch().as_nanos() / TICK.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn timestamp() -> Timestamp {
    let now = since_epoch();
    Timestamp { seconds: now.as_secs().cast_signed(), nanos: now.subsec_nanos().cast_signed() }
}
