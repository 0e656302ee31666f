use super::Decision;
use crate::order::{OrderEvent, OrderRejection, OrderState, PaymentFailed, state::PaymentAnswer};

pub(super) fn decide(state: &OrderState, reason: &str) -> Decision {
    match state {
        OrderState::New => Err(OrderRejection::Missing),
        OrderState::Draft(_) => Err(OrderRejection::NotPlaced),
        OrderState::Placed(waiting) => match &waiting.payment {
            PaymentAnswer::Awaited => Ok(vec![OrderEvent::PaymentFailed(PaymentFailed { reason: reason.to_owned() })]),
            PaymentAnswer::Confirmed => Err(OrderRejection::PaymentAlreadyConfirmed),
            PaymentAnswer::Failed { .. } => Ok(vec![]),
        },
        OrderState::Confirmed(_) | OrderState::Shipping(_) => Err(OrderRejection::PaymentAlreadyConfirmed),
        OrderState::Completed(_) => Err(OrderRejection::AlreadyCompleted),
        OrderState::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
    }
}
