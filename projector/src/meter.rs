//! How fast a position moves.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use orderflow_engine::Position;

const WINDOW: Duration = Duration::from_secs(5);
const GRAIN: Duration = Duration::from_millis(100);

/// The rate over the last seconds.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    samples: VecDeque<(Instant, u64)>,
}

impl Meter {
    /// `before` and `after` a step that was finished at `now`.
    pub(crate) fn moved(&mut self, now: Instant, before: Position, after: Position) {
        while self.samples.front().is_some_and(|(then, _)| now - *then > WINDOW) {
            self.samples.pop_front();
        }
        if self.samples.is_empty() {
            self.samples.push_back((now, before.0));
        }
        let several = self.samples.len() > 1;
        match self.samples.back_mut() {
            Some((then, position)) if several && now - *then < GRAIN => {
                // The time stays, so that samples keep their distance however often this is called.
                *position = after.0;
            }
            Some(_) | None => self.samples.push_back((now, after.0)),
        }
    }

    /// Positions per second.
    pub(crate) fn rate(&self, now: Instant) -> f64 {
        let recent = || self.samples.iter().filter(|(then, _)| now - *then <= WINDOW);
        let (Some((first, before)), Some((_, after))) = (recent().next(), recent().next_back()) else { return 0.0 };
        after.saturating_sub(*before) as f64 / (now - *first).max(GRAIN).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut meter = Meter::default();
        let mut now = Instant::now();
        assert!(meter.rate(now) == 0.0);
        for step in 0..4_000_u64 {
            meter.moved(now, Position(step * 50), Position(step * 50 + 50));
            now += Duration::from_millis(10);
        }
        assert!((4_900.0..5_100.0).contains(&meter.rate(now)), "{}", meter.rate(now));
        assert!(meter.samples.len() < 60, "samples are few");
        assert!(meter.rate(now + WINDOW * 2) == 0.0);
    }
}
