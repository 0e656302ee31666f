use super::Decision;
use crate::order::{
    Confirmed, OrderEvent, OrderRejection, OrderState,
    state::{PaymentAnswer, StockAnswer, Waiting},
};

pub(super) fn decide(state: &OrderState) -> Decision {
    match state {
        OrderState::New => Err(OrderRejection::Missing),
        OrderState::Draft(_) => Err(OrderRejection::NotPlaced),
        OrderState::Placed(waiting) => {
            ready(waiting)?;
            match &waiting.hold {
                Some(reason) => Err(OrderRejection::OnHold { reason: reason.clone() }),
                None => Ok(vec![OrderEvent::Confirmed(Confirmed {})]),
            }
        }
        OrderState::Confirmed(_) | OrderState::Shipping(_) | OrderState::Completed(_) => Ok(vec![]),
        OrderState::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
    }
}

/// Whether an order has its stock and its payment.
pub(super) fn ready(waiting: &Waiting) -> Result<(), OrderRejection> {
    match (&waiting.stock, &waiting.payment) {
        (StockAnswer::Confirmed, PaymentAnswer::Confirmed) => Ok(()),
        (StockAnswer::Awaited, _) => Err(OrderRejection::StockNotConfirmed),
        (StockAnswer::Rejected(_), _) => Err(OrderRejection::StockRejected),
        (StockAnswer::Confirmed, PaymentAnswer::Awaited) => Err(OrderRejection::PaymentNotConfirmed),
        (StockAnswer::Confirmed, PaymentAnswer::Failed { reason }) => {
            Err(OrderRejection::PaymentFailed { reason: reason.clone() })
        }
    }
}
