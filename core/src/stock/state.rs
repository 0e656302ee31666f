use std::collections::HashMap;

use orderflow_engine::Timestamp;
use serde::{Deserialize, Serialize};

use super::settled::Settled;
use crate::{OrderId, Quantity, ShipmentId};

/// The books of one SKU: on hand ≥ reserved ≥ 0, and reserved is the sum of the open reservations.
///
/// There is no state for "never existed": such an item has nothing on hand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StockState {
    pub(super) on_hand: u64,
    pub(super) reserved: u64,
    pub(super) open: HashMap<OrderId, Reservation>,
    pub(super) settled: Settled,
}

/// What is still reserved for an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Reservation {
    /// Never 0: a reservation of which nothing is left is settled.
    pub(super) quantity: u32,
    pub(super) until: Timestamp,
    /// The shipments that took a part of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) shipments: Vec<ShipmentId>,
}

impl StockState {
    #[must_use]
    pub fn on_hand(&self) -> u64 {
        self.on_hand
    }

    #[must_use]
    pub fn reserved(&self) -> u64 {
        self.reserved
    }

    #[must_use]
    pub fn available(&self) -> u64 {
        self.on_hand.saturating_sub(self.reserved)
    }

    /// The pieces still reserved for an order.
    #[must_use]
    pub fn reserved_for(&self, order: OrderId) -> Option<u32> {
        self.open.get(&order).map(|reservation| reservation.quantity)
    }

    /// When the order's open reservation ends unless it is paid.
    #[must_use]
    pub fn reserved_until(&self, order: OrderId) -> Option<Timestamp> {
        self.open.get(&order).map(|reservation| reservation.until)
    }

    /// What ending the order's reservation frees.
    pub(super) fn left_for(&self, order: OrderId) -> Option<Quantity> {
        self.reserved_for(order).and_then(Quantity::sum)
    }
}
