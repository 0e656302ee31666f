//! Pauses between attempts, longer each time and never twice the same, so that many clients of a server that comes back
//! do not all knock at once.

use std::time::Duration;

use uuid::Uuid;

pub(super) struct Backoff {
    next: Duration,
    most: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration, most: Duration) -> Self {
        Self { next: first, most }
    }

    /// Between a half and the whole of a time that doubles.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.most);
        jittered(pause)
    }
}

/// Between a half and the whole of `pause`.
pub(super) fn jittered(pause: Duration) -> Duration {
    let random = Uuid::new_v4().as_u128() as u32;
    pause.mul_f64(f64::from(random) / f64::from(u32::MAX) / 2.0 + 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(10), ms(50));
        for whole in [10, 20, 40, 50, 50] {
            let pause = backoff.pause();
            assert!(pause >= ms(whole) / 2 && pause <= ms(whole), "{pause:?} of {whole} ms");
        }
    }
}
