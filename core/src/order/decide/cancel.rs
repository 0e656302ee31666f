use super::Decision;
use crate::order::{
    CancelReason, Cancelled, FulfilmentStatus, OrderEvent, OrderRejection, OrderState, PaymentStatus,
    state::{PaymentAnswer, StockAnswer, Waiting},
};

/// Until something of the order has left.
pub(super) fn decide(state: &OrderState, reason: &CancelReason) -> Decision {
    let (fulfilment, payment, placed) = match state {
        OrderState::New => return Err(OrderRejection::Missing),
        OrderState::Draft(_) => (FulfilmentStatus::None, PaymentStatus::None, None),
        OrderState::Placed(waiting) => (released(waiting), voided(waiting), Some(waiting.placed.clone())),
        OrderState::Confirmed(ready) => (FulfilmentStatus::Released, PaymentStatus::Voided, Some(ready.placed.clone())),
        OrderState::Shipping(_) => return Err(OrderRejection::AlreadyDispatched),
        OrderState::Completed(_) => return Err(OrderRejection::AlreadyCompleted),
        OrderState::Cancelled(_) => return Ok(vec![]),
    };
    Ok(vec![OrderEvent::Cancelled(Cancelled { reason: reason.clone(), fulfilment, payment, placed })])
}

fn released(waiting: &Waiting) -> FulfilmentStatus {
    match waiting.stock {
        StockAnswer::Confirmed => FulfilmentStatus::Released,
        StockAnswer::Awaited | StockAnswer::Rejected(_) => FulfilmentStatus::None,
    }
}

fn voided(waiting: &Waiting) -> PaymentStatus {
    match waiting.payment {
        PaymentAnswer::Awaited => PaymentStatus::None,
        PaymentAnswer::Confirmed => PaymentStatus::Voided,
        PaymentAnswer::Failed { .. } => PaymentStatus::Failed,
    }
}
