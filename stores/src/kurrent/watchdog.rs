//! Notices that a subscription keeps silent about events that it should tell of.
//!
//! That it is behind the end of the log proves nothing: the log may idle since before it began, or end with events of
//! the server's own, which it leaves out.

use std::time::Duration;

use orderflow_engine::Position;
use tokio::time::Instant;

/// A subscription that says nothing of what was found for so long is begun again.
const SILENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(super) struct Watchdog {
    /// The first event that the subscription should have told of, and when it was found.
    missed: Option<(Position, Instant)>,
}

impl Watchdog {
    /// A subscription began, which will not tell of anything that was found before.
    pub(super) fn begun(&mut self) {
        self.missed = None;
    }

    /// An event that a subscription tells of was found by looking.
    pub(super) fn found(&mut self, position: Position, now: Instant) {
        self.missed.get_or_insert((position, now));
    }

    /// Whether the subscription, which told of everything up to `told`, is to be begun again.
    pub(super) fn barks(&mut self, told: Position, now: Instant) -> bool {
        self.missed = self.missed.filter(|(position, _)| told < *position);
        let barks = self.missed.is_some_and(|(_, since)| now.saturating_duration_since(since) > SILENCE);
        if barks {
            self.missed = None;
        }
        barks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_silence_about_an_event_is_noticed() {
        let (begin, late) = (Instant::now(), Instant::now() + SILENCE * 2);
        let mut dog = Watchdog::default();
        assert!(!dog.barks(Position::START, late), "nothing was found");
        dog.found(Position(5), begin);
        assert!(!dog.barks(Position(4), begin + SILENCE), "there is time yet");
        assert!(dog.barks(Position(4), late));
        assert!(!dog.barks(Position(4), late), "once");
    }

    #[test]
    fn what_is_told_of_or_came_before_is_not_missed() {
        let (begin, late) = (Instant::now(), Instant::now() + SILENCE * 2);
        let mut dog = Watchdog::default();
        dog.found(Position(5), begin);
        assert!(!dog.barks(Position(5), late), "it was told of");
        dog.found(Position(7), begin);
        dog.begun();
        assert!(!dog.barks(Position(5), late), "it came before");
        dog.found(Position(9), begin);
        dog.found(Position(11), late);
        assert!(dog.barks(Position(8), late), "the first one counts");
    }
}
