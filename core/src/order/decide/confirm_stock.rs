use super::Decision;
use crate::order::{
    Confirmed, OrderEvent, OrderRejection, OrderState, StockConfirmed,
    state::{PaymentAnswer, StockAnswer},
};

pub(super) fn decide(state: &OrderState) -> Decision {
    match state {
        OrderState::New => Err(OrderRejection::Missing),
        OrderState::Draft(_) => Err(OrderRejection::NotPlaced),
        OrderState::Placed(waiting) => match &waiting.stock {
            StockAnswer::Awaited => {
                let mut events = vec![OrderEvent::StockConfirmed(StockConfirmed {})];
                if waiting.payment == PaymentAnswer::Confirmed && waiting.hold.is_none() {
                    events.push(OrderEvent::Confirmed(Confirmed {}));
                }
                Ok(events)
            }
            StockAnswer::Confirmed => Ok(vec![]),
            StockAnswer::Rejected(_) => Err(OrderRejection::StockRejected),
        },
        OrderState::Confirmed(_) | OrderState::Shipping(_) | OrderState::Completed(_) => Ok(vec![]),
        OrderState::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
    }
}
