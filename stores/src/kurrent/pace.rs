//! How retries are paced: each pause about twice the last one, none the same as another's, and an end to it.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

const FIRST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(1);

/// Between a half of `pause` and all of it, so that those who failed together do not come back together.
pub(super) fn jittered(pause: Duration) -> Duration {
    let random = Uuid::new_v4().as_u128() as u32;
    pause / 2 + (pause / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// The pauses of one piece of work.
pub(super) struct Pace {
    until: Instant,
    pause: Duration,
}

impl Pace {
    pub(super) fn new(patience: Duration) -> Self {
        Self { until: Instant::now() + patience, pause: FIRST }
    }

    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// Whether there is still time for another try, after a pause.
    pub(super) async fn another_try(&mut self) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        tokio::time::sleep(jittered(self.pause).min(left)).await;
        self.pause = (self.pause * 2).min(LONGEST);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pauses_grow_and_end() {
        let patience = Duration::from_millis(300);
        let begun = Instant::now();
        let mut pace = Pace::new(patience);
        let mut tries = 0;
        while pace.another_try().await {
            tries += 1;
        }
        assert!(begun.elapsed() >= patience);
        assert!((2..=8).contains(&tries), "{tries}");
    }

    #[test]
    fn jitter_stays_within_its_half() {
        let pauses: Vec<_> = (0..100).map(|_| jittered(FIRST)).collect();
        assert!(pauses.iter().all(|pause| (FIRST / 2..=FIRST).contains(pause)));
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
