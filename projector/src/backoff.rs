//! Waiting longer and longer, each time by another amount.

use std::time::Duration;

use crate::options::Options;

#[derive(Debug)]
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    attempt: u32,
    random: u64,
}

impl Backoff {
    pub(crate) fn new(options: &Options) -> Self {
        Self::between(options.backoff_min, options.backoff_max, options.seed)
    }

    pub(crate) fn between(min: Duration, max: Duration, seed: u64) -> Self {
        Self { min, max, attempt: 0, random: seed }
    }

    pub(crate) fn reset(&mut self) {
        self.attempt = 0;
    }

    /// Between half of what is due and all of it.
    pub(crate) fn next(&mut self) -> Duration {
        let due = self.min.saturating_mul(1 << self.attempt.min(20)).min(self.max);
        self.attempt = self.attempt.saturating_add(1);
        due.mul_f64(0.5 + self.fraction() / 2.0)
    }

    /// A step of SplitMix64, as a number from 0 to 1.
    fn fraction(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_differ_by_seed() {
        let options = Options::default();
        let mut backoff = Backoff::new(&options);
        let mut due = options.backoff_min;
        for _ in 0..100 {
            let wait = backoff.next();
            assert!(wait >= due / 2 && wait <= due, "{wait:?} of {due:?}");
            due = (due * 2).min(options.backoff_max);
        }
        backoff.reset();
        assert!(backoff.next() <= options.backoff_min);
        let mut other = Backoff::new(&Options { seed: 1, ..options.clone() });
        assert_ne!(Backoff::new(&options).next(), other.next());
    }
}
