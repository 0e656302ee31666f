use crate::{OrderId, Refusal, RefusalKind};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShipmentRejection {
    #[error("there is no such shipment: request it first")]
    Missing,
    #[error("a shipment needs at least one line: name what to ship")]
    NoLines,
    #[error("line {line} is named twice: add its quantities up")]
    DuplicateLine { line: u32 },
    #[error("the shipment belongs to order {order}: use another shipment id")]
    OtherOrder { order: OrderId },
    #[error("the shipment has not left yet: dispatch it first")]
    NotDispatched,
    #[error("the shipment has left with {carrier}: record its delivery, or that the delivery failed")]
    AlreadyDispatched { carrier: String },
    #[error("the last delivery of the shipment failed: dispatch it again first")]
    DeliveryFailed,
    #[error("the shipment was delivered: nothing more can happen to it")]
    AlreadyDelivered,
    #[error("the shipment was withdrawn, because its order was cancelled: do not send it")]
    Withdrawn,
}

impl Refusal for ShipmentRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "no-such-shipment",
            Self::NoLines => "no-lines",
            Self::DuplicateLine { .. } => "duplicate-line",
            Self::OtherOrder { .. } => "other-order",
            Self::NotDispatched => "not-dispatched",
            Self::AlreadyDispatched { .. } => "already-dispatched",
            Self::DeliveryFailed => "delivery-failed",
            Self::AlreadyDelivered => "already-delivered",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::Missing => RefusalKind::Missing,
            Self::NoLines | Self::DuplicateLine { .. } => RefusalKind::Invalid,
            Self::OtherOrder { .. }
            | Self::NotDispatched
            | Self::AlreadyDispatched { .. }
            | Self::DeliveryFailed
            | Self::AlreadyDelivered
            | Self::Withdrawn => RefusalKind::State,
        }
    }
}
