//! The orders whose reservations are over: a reservation that comes again for one of them is not made twice.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use orderflow_engine::Timestamp;
use serde::{Deserialize, Serialize};

use super::MAX_RESERVATION;
use crate::OrderId;

/// Remembers each order for as long as its reservation could be asked for again.
///
/// No reservation is made after its `until`, nor for longer than [`MAX_RESERVATION`]. So a reservation until `latest`
/// was made after `latest - MAX_RESERVATION`, and whatever ended before that cannot be asked for any more.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub(super) struct Settled {
    orders: HashSet<OrderId>,
    by_until: BTreeSet<(Timestamp, OrderId)>,
    latest: Timestamp,
}

impl Settled {
    pub(super) fn contains(&self, order: OrderId) -> bool {
        self.orders.contains(&order)
    }

    pub(super) fn insert(&mut self, order: OrderId, until: Timestamp) {
        if self.orders.insert(order) {
            self.by_until.insert((until, order));
            self.prune();
        }
    }

    /// A reservation until this time was made.
    pub(super) fn saw(&mut self, until: Timestamp) {
        if until > self.latest {
            self.latest = until;
            self.prune();
        }
    }

    /// Every order is forgotten once, so this costs no more than remembering did.
    fn prune(&mut self) {
        while let Some(&(until, order)) = self.by_until.first()
            && self.latest.signed_duration_since(until) > MAX_RESERVATION
        {
            self.by_until.pop_first();
            self.orders.remove(&order);
        }
    }
}

/// The form in a snapshot: times as microseconds, because there may be thousands of them.
#[derive(Serialize, Deserialize)]
struct Saved {
    latest: i64,
    orders: Vec<(i64, OrderId)>,
}

impl From<Settled> for Saved {
    fn from(settled: Settled) -> Self {
        Self {
            latest: settled.latest.timestamp_micros(),
            orders: settled.by_until.into_iter().map(|(until, order)| (until.timestamp_micros(), order)).collect(),
        }
    }
}

impl From<Saved> for Settled {
    fn from(saved: Saved) -> Self {
        let time = |micros| DateTime::<Utc>::from_timestamp_micros(micros).unwrap_or_default();
        Self {
            orders: saved.orders.iter().map(|(_, order)| *order).collect(),
            by_until: saved.orders.into_iter().map(|(until, order)| (time(until), order)).collect(),
            latest: time(saved.latest),
        }
    }
}
