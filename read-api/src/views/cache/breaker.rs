//! When to leave something alone that failed.

use std::time::Duration;

use tokio::time::Instant;

/// Closed to attempts after a failure, for longer and longer while they go on failing.
#[derive(Debug)]
pub(super) struct Breaker {
    pause: Duration,
    longest: Duration,
    random: u64,
    failures: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Well,
    /// Nothing is tried before then.
    Broken(Instant),
    /// Somebody tries; when nothing is heard of it by then, the next one does.
    Trying(Instant),
}

impl Breaker {
    pub(super) fn new(pause: Duration, longest: Duration, seed: u64) -> Self {
        Self { pause, longest, random: seed, failures: 0, state: State::Well }
    }

    /// Whether to try now. When it is time for another attempt, whoever asks first makes it.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        match self.state {
            State::Well => true,
            State::Broken(until) | State::Trying(until) if now < until => false,
            State::Broken(_) | State::Trying(_) => {
                self.state = State::Trying(now + self.due());
                true
            }
        }
    }

    pub(super) fn succeeded(&mut self) {
        (self.failures, self.state) = (0, State::Well);
    }

    pub(super) fn failed(&mut self, now: Instant) {
        // Those that were under way when the first one failed fail with it.
        if !matches!(self.state, State::Broken(_)) {
            self.failures = self.failures.saturating_add(1);
            self.state = State::Broken(now + self.due());
        }
    }

    /// Between half of the pause that is due and all of it.
    fn due(&mut self) -> Duration {
        let due = self.pause.saturating_mul(1 << self.failures.saturating_sub(1).min(16)).min(self.longest);
        self.random = self.random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        due.mul_f64(0.5 + (self.random >> 40) as f64 / (1_u64 << 25) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(1);

    #[test]
    fn what_failed_is_left_alone_for_a_while() {
        let (mut breaker, start) = (Breaker::new(PAUSE, LONGEST, 7), Instant::now());
        assert!(breaker.allows(start) && breaker.allows(start));
        for _ in 0..64 {
            breaker.failed(start);
        }
        assert!(!breaker.allows(start + PAUSE / 2 - Duration::from_millis(1)));
        let later = start + PAUSE;
        assert!(breaker.allows(later), "many that fail together are one failure");
        assert!(!breaker.allows(later), "one finds out");
        assert!(breaker.allows(later + PAUSE), "an attempt of which nothing is heard does not stop the next");
        breaker.succeeded();
        assert!(breaker.allows(later) && breaker.allows(later));
    }

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let (mut breaker, mut now) = (Breaker::new(PAUSE, LONGEST, 7), Instant::now());
        let mut due = PAUSE;
        for _ in 0..50 {
            breaker.failed(now);
            assert!(!breaker.allows(now + due / 2 - Duration::from_millis(1)), "{due:?}");
            now += due;
            assert!(breaker.allows(now), "{due:?}");
            due = (due * 2).min(LONGEST);
        }
    }
}
