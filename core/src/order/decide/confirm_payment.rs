use super::Decision;
use crate::order::{
    Confirmed, OrderEvent, OrderRejection, OrderState, PaymentConfirmed,
    state::{PaymentAnswer, StockAnswer},
};

pub(super) fn decide(state: &OrderState) -> Decision {
    match state {
        OrderState::New => Err(OrderRejection::Missing),
        OrderState::Draft(_) => Err(OrderRejection::NotPlaced),
        OrderState::Placed(waiting) => match &waiting.payment {
            PaymentAnswer::Awaited => {
                let mut events = vec![OrderEvent::PaymentConfirmed(PaymentConfirmed {})];
                if waiting.stock == StockAnswer::Confirmed && waiting.hold.is_none() {
                    events.push(OrderEvent::Confirmed(Confirmed {}));
                }
                Ok(events)
            }
            PaymentAnswer::Confirmed => Ok(vec![]),
            PaymentAnswer::Failed { reason } => Err(OrderRejection::PaymentFailed { reason: reason.clone() }),
        },
        OrderState::Confirmed(_) | OrderState::Shipping(_) | OrderState::Completed(_) => Ok(vec![]),
        OrderState::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
    }
}
