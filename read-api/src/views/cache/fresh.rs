//! How far the cache has to have come to be believed.
//!
//! Once in a while a request asks the views in the cache's stead. The cache has to have come at least as far as they
//! were found the time before: so it is never further behind them than two such intervals, even if its projector is
//! dead. Until the views were found anywhere at all, every request asks them first.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use orderflow_engine::Position;
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Freshness {
    every: Duration,
    looks: Mutex<Looks>,
}

#[derive(Debug)]
struct Looks {
    next: Instant,
    /// Whether the request that was sent to the views has still to say what it found.
    awaited: bool,
    last: Position,
    /// `None` before the views were found anywhere.
    floor: Option<Position>,
}

impl Freshness {
    pub(super) fn new(every: Duration, now: Instant) -> Self {
        let looks = Looks { next: now, awaited: false, last: Position::START, floor: None };
        Self { every, looks: Mutex::new(looks) }
    }

    fn looks(&self) -> std::sync::MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this request is one to ask the views.
    pub(super) fn wants_the_views(&self, now: Instant) -> bool {
        let mut looks = self.looks();
        let wants = now >= looks.next || looks.floor.is_none();
        if wants {
            (looks.next, looks.awaited) = (now + self.every, true);
        }
        wants
    }

    /// What such a request found; what others find is of no interest, or a cache that lags a little would be behind
    /// always.
    pub(super) fn views_are_at(&self, position: Position) {
        let mut looks = self.looks();
        if looks.awaited {
            looks.awaited = false;
            let before = std::mem::replace(&mut looks.last, position);
            looks.floor = Some(if looks.floor.is_none() { position } else { before });
        }
    }

    /// Before the views were found anywhere nothing can be said against the cache.
    pub(super) fn is_fresh(&self, position: Position) -> bool {
        self.looks().floor.is_none_or(|floor| position >= floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_that_falls_behind_is_not_believed() {
        let (now, every) = (Instant::now(), Duration::from_secs(1));
        let fresh = Freshness::new(every, now);
        assert!(fresh.wants_the_views(now) && fresh.wants_the_views(now), "nothing is known yet");
        assert!(fresh.is_fresh(Position(0)), "the views may be down");
        fresh.views_are_at(Position(5));
        assert!(
            !fresh.is_fresh(Position(4)) && fresh.is_fresh(Position(5)),
            "however old it is, it is found out at once"
        );
        assert!(!fresh.wants_the_views(now));
        fresh.views_are_at(Position(99));
        assert!(fresh.wants_the_views(now + every));
        assert!(!fresh.wants_the_views(now + every), "one is enough");
        fresh.views_are_at(Position(10));
        assert!(fresh.is_fresh(Position(5)), "it may be a little behind");
        assert!(fresh.wants_the_views(now + 2 * every));
        fresh.views_are_at(Position(20));
        assert!(!fresh.is_fresh(Position(9)) && fresh.is_fresh(Position(10)), "not longer than that");
        fresh.views_are_at(Position(30));
        assert!(fresh.is_fresh(Position(10)));
    }
}
