//! How long to wait before asking again: longer each time, and never the same as the others.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(super) struct Backoff {
    times: u32,
}

impl Backoff {
    /// At least what the server asks for. Without that, between half and all of a time that doubles.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.times.min(10)).min(LONGEST);
        self.times = self.times.saturating_add(1);
        match asked {
            Some(asked) => asked + doubled.mul_f64(chance()),
            None => doubled.mul_f64(0.5 + chance() / 2.0),
        }
    }
}

/// From 0 to 1. Spreading requests needs no better source than the one that hash maps are seeded from.
fn chance() -> f64 {
    RandomState::new().hash_one(0_u8) as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_a_bound_and_honours_the_server() {
        let mut backoff = Backoff::default();
        for times in 0..40 {
            let most = FIRST.saturating_mul(1 << times.min(10)).min(LONGEST);
            let wait = backoff.next(None);
            assert!(wait >= most / 2 && wait <= most, "{times}: {wait:?}");
        }
        let wait = Backoff::default().next(Some(Duration::from_secs(3)));
        assert!(wait >= Duration::from_secs(3) && wait <= Duration::from_secs(3) + FIRST, "{wait:?}");
    }
}
