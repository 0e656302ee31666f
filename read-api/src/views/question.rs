//! The questions' parameters, and what every answer has in common.

use std::sync::Arc;

use orderflow_core::{
    CustomerId, OrderId,
    order::{FulfilmentStatus, OrderStatus, PaymentStatus},
};
use orderflow_engine::Position;
use serde::{Deserialize, Serialize};

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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SalesPlace {
    pub(crate) key: String,
    pub(crate) currency: String,
}

/// All that are given must hold.
#[derive(Debug, Clone, Default)]
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
    /// The beginning of a number or a reference, or a whole id.
    pub(crate) text: Option<Arc<str>>,
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
