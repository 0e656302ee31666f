//! The questions' parameters, and what every answer has in common.

mod search;

use std::sync::Arc;

use orderflow_core::{
    CustomerId, OrderId,
    order::{FulfilmentStatus, OrderStatus, PaymentStatus},
};
use orderflow_engine::Position;
use serde::{Deserialize, Serialize};

pub(crate) use self::search::{Beginning, OrderSearch, Words};

/// An answer, and the position of the log that its rows reflect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer<T> {
    pub(crate) position: Position,
    pub(crate) value: T,
}

/// Up to `limit` rows after a place in the list's order.
#[derive(Debug, Clone)]
pub(crate) struct Slice<P> {
    pub(crate) after: Option<P>,
    pub(crate) limit: usize,
}

/// A row's place in a list of orders; one that was never placed stands after all that were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OrderPlace {
    pub(crate) placed_at: Option<i64>,
    pub(crate) id: String,
}

/// A row's place in a list that is sorted by a time and then by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) at: i64,
    pub(crate) id: String,
}

impl Slice<Place> {
    /// The time and the id that rows come after: before the first of all, to begin with.
    pub(crate) fn begins_after(&self) -> (i64, &str) {
        self.after.as_ref().map_or((i64::MIN, ""), |place| (place.at, place.id.as_str()))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SalesPlace {
    pub(crate) key: String,
    pub(crate) currency: String,
}

/// All that are given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OrderFilter {
    pub(crate) status: Option<OrderStatus>,
    pub(crate) fulfilment: Option<FulfilmentStatus>,
    pub(crate) payment: Option<PaymentStatus>,
    pub(crate) customer: Option<CustomerId>,
    pub(crate) country: Option<Arc<str>>,
    pub(crate) reference: Option<Arc<str>>,
    /// Microseconds since the Unix epoch, this one included.
    pub(crate) placed_from: Option<i64>,
    /// Microseconds since the Unix epoch, this one not included.
    pub(crate) placed_until: Option<i64>,
    pub(crate) search: Option<OrderSearch>,
}

/// The parts of a list of orders. Those that were placed come first; those that never were are drafts, or were
/// cancelled as drafts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderPart {
    Placed,
    NeverPlaced,
}

impl OrderFilter {
    /// The views that an answer comes from.
    pub(crate) fn views(&self) -> &'static [&'static str] {
        match self.search {
            Some(OrderSearch::Text { .. }) => &["orders", "order_lines"],
            Some(OrderSearch::Id(_)) | None => &["orders"],
        }
    }

    /// Whether a list, or what of it comes after a place, has that part.
    pub(crate) fn has(&self, part: OrderPart, after: Option<&OrderPlace>) -> bool {
        match part {
            OrderPart::Placed => after.is_none_or(|place| place.placed_at.is_some()),
            OrderPart::NeverPlaced => {
                let at_any_time = self.placed_from.is_none() && self.placed_until.is_none();
                at_any_time && matches!(self.status, Some(OrderStatus::Draft | OrderStatus::Cancelled))
            }
        }
    }
}

impl OrderFilter {
    /// The customer, when nothing else is asked for.
    pub(crate) fn only_customer(&self) -> Option<CustomerId> {
        self.customer.filter(|_| *self == Self { customer: self.customer, ..Self::default() })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SalesBy {
    Day,
    Month,
    Product,
    Country,
}

#[derive(Debug, Clone)]
pub(crate) struct Sales {
    pub(crate) by: SalesBy,
    /// ISO 8601 dates, both included; for days and months only.
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
}

impl Sales {
    /// The first and the last text that a day in the range could be.
    pub(crate) fn days(&self) -> (&str, String) {
        // A day sorts before itself, or its month, with this at the end; and so does every day before this alone.
        const LAST: &str = "~";
        (self.from.as_deref().unwrap_or_default(), format!("{}{LAST}", self.to.as_deref().unwrap_or_default()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ranking {
    Revenue,
    Units,
}

/// Where a shipment, or all of those wanted, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ShipmentStatus {
    Requested,
    Packed,
    Dispatched,
    Delivered,
    DeliveryFailed,
    Withdrawn,
}

impl ShipmentStatus {
    /// Every status there is, as the view has it.
    pub(crate) const NAMES: &[&str] =
        &["requested", "packed", "dispatched", "delivered", "delivery_failed", "withdrawn"];

    pub(crate) fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProcessStatus {
    Running,
    Waiting,
    Parked,
    Ended,
}

impl ProcessStatus {
    /// Every status there is, as the view has it.
    pub(crate) const NAMES: &[&str] = &["running", "waiting", "parked", "ended"];

    pub(crate) fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ShipmentFilter {
    pub(crate) status: Option<ShipmentStatus>,
    pub(crate) order: Option<OrderId>,
}
