use serde::{Deserialize, Serialize};

use super::event::{Dispatched, Requested, ShipmentLine};
use crate::OrderId;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum ShipmentState {
    #[default]
    New,
    Requested(Requested),
    Packed(Requested),
    Dispatched(Sent),
    /// Comes back, and may be dispatched again.
    DeliveryFailed(Sent),
    Delivered(Sent),
    /// For good, whether it was requested before or not.
    Withdrawn {
        order: OrderId,
    },
}

/// A shipment that has left, and how it left last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    pub(super) requested: Requested,
    pub(super) last: Dispatched,
}

impl ShipmentState {
    /// `None` when the shipment was neither requested nor withdrawn.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        match self {
            Self::New => None,
            Self::Requested(requested) | Self::Packed(requested) => Some(requested.order),
            Self::Dispatched(sent) | Self::DeliveryFailed(sent) | Self::Delivered(sent) => Some(sent.requested.order),
            Self::Withdrawn { order } => Some(*order),
        }
    }

    /// What the shipment holds: nothing once it is withdrawn.
    #[must_use]
    pub fn lines(&self) -> &[ShipmentLine] {
        match self {
            Self::New | Self::Withdrawn { .. } => &[],
            Self::Requested(requested) | Self::Packed(requested) => &requested.lines,
            Self::Dispatched(sent) | Self::DeliveryFailed(sent) | Self::Delivered(sent) => &sent.requested.lines,
        }
    }

    /// Whether it has ever left: it can then no longer be withdrawn.
    #[must_use]
    pub fn has_left(&self) -> bool {
        match self {
            Self::New | Self::Requested(_) | Self::Packed(_) | Self::Withdrawn { .. } => false,
            Self::Dispatched(_) | Self::DeliveryFailed(_) | Self::Delivered(_) => true,
        }
    }
}
