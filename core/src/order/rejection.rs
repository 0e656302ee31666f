use crate::{Currency, Quantity, Refusal, RefusalKind, ShipmentId, Sku};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderRejection {
    #[error("there is no such order: place or draft it first")]
    Missing,
    #[error("the order exists already: use another id for a new one")]
    AlreadyExists,
    #[error("an order needs at least one line: add what is wanted")]
    NoLines,
    #[error("an order has at most {} lines: split it", super::MAX_LINES)]
    TooManyLines,
    #[error("an order comes to at most {}: split it", super::MAX_TOTAL)]
    TotalTooLarge,
    #[error("an order has at most {} pieces of {sku}: split it", Quantity::MAX)]
    TooManyPieces { sku: Sku },
    #[error("a line is in {line} but the order in {order}: use one currency")]
    MixedCurrencies { order: Currency, line: Currency },
    #[error("the order has no line {line}: name one that it has")]
    NoSuchLine { line: u32 },
    #[error("line {line} is named twice: add its quantities up")]
    DuplicateLine { line: u32 },
    #[error("the order is still a draft: place it first")]
    NotPlaced,
    #[error("the order is placed and its lines stand: cancel it and place another one")]
    AlreadyPlaced,
    #[error("the order is on hold ({reason}): release it first")]
    OnHold { reason: String },
    #[error("the stock of the order is not confirmed: reserve it first")]
    StockNotConfirmed,
    #[error("the stock of the order is confirmed: cancel the order to give it up")]
    StockAlreadyConfirmed,
    #[error("the order is out of stock: cancel it")]
    StockRejected,
    #[error("the payment of the order is not confirmed: authorize it first")]
    PaymentNotConfirmed,
    #[error("the payment of the order is confirmed: cancel the order to give it up")]
    PaymentAlreadyConfirmed,
    #[error("the payment of the order failed ({reason}): cancel it")]
    PaymentFailed { reason: String },
    #[error("the order is not confirmed: nothing of it may leave before it has its stock and its payment")]
    NotConfirmed,
    #[error("only {left} pieces of line {line} are still to go: ship no more than that")]
    ExceedsOrdered { line: u32, left: u32 },
    #[error("shipment {shipment} never left for this order: record its dispatch first")]
    UnknownShipment { shipment: ShipmentId },
    #[error("a part of the order has left: it can no longer be cancelled")]
    AlreadyDispatched,
    #[error("the order is completed: nothing more can be done with it")]
    AlreadyCompleted,
    #[error("the order is cancelled: place another one")]
    AlreadyCancelled,
}

impl Refusal for OrderRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "no-such-order",
            Self::AlreadyExists => "already-exists",
            Self::NoLines => "no-lines",
            Self::TooManyLines => "too-many-lines",
            Self::TotalTooLarge => "total-too-large",
            Self::TooManyPieces { .. } => "too-many-pieces",
            Self::MixedCurrencies { .. } => "mixed-currencies",
            Self::NoSuchLine { .. } => "no-such-line",
            Self::DuplicateLine { .. } => "duplicate-line",
            Self::NotPlaced => "not-placed",
            Self::AlreadyPlaced => "already-placed",
            Self::OnHold { .. } => "on-hold",
            Self::StockNotConfirmed => "stock-not-confirmed",
            Self::StockAlreadyConfirmed => "stock-already-confirmed",
            Self::StockRejected => "out-of-stock",
            Self::PaymentNotConfirmed => "payment-not-confirmed",
            Self::PaymentAlreadyConfirmed => "payment-already-confirmed",
            Self::PaymentFailed { .. } => "payment-failed",
            Self::NotConfirmed => "not-confirmed",
            Self::ExceedsOrdered { .. } => "exceeds-ordered",
            Self::UnknownShipment { .. } => "unknown-shipment",
            Self::AlreadyDispatched => "already-dispatched",
            Self::AlreadyCompleted => "already-completed",
            Self::AlreadyCancelled => "already-cancelled",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::Missing => RefusalKind::Missing,
            Self::NoLines
            | Self::TooManyLines
            | Self::TotalTooLarge
            | Self::TooManyPieces { .. }
            | Self::MixedCurrencies { .. }
            | Self::NoSuchLine { .. }
            | Self::DuplicateLine { .. } => RefusalKind::Invalid,
            Self::AlreadyExists
            | Self::NotPlaced
            | Self::AlreadyPlaced
            | Self::OnHold { .. }
            | Self::StockNotConfirmed
            | Self::StockAlreadyConfirmed
            | Self::StockRejected
            | Self::PaymentNotConfirmed
            | Self::PaymentAlreadyConfirmed
            | Self::PaymentFailed { .. }
            | Self::NotConfirmed
            | Self::ExceedsOrdered { .. }
            | Self::UnknownShipment { .. }
            | Self::AlreadyDispatched
            | Self::AlreadyCompleted
            | Self::AlreadyCancelled => RefusalKind::State,
        }
    }
}
