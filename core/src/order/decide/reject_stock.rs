use super::Decision;
use crate::order::{OrderEvent, OrderRejection, OrderState, Shortage, StockRejected, state::StockAnswer};

pub(super) fn decide(state: &OrderState, short: &[Shortage]) -> Decision {
    match state {
        OrderState::New => Err(OrderRejection::Missing),
        OrderState::Draft(_) => Err(OrderRejection::NotPlaced),
        OrderState::Placed(waiting) => match &waiting.stock {
            StockAnswer::Awaited => Ok(vec![OrderEvent::StockRejected(StockRejected { short: short.to_vec() })]),
            StockAnswer::Confirmed => Err(OrderRejection::StockAlreadyConfirmed),
            StockAnswer::Rejected(_) => Ok(vec![]),
        },
        OrderState::Confirmed(_) | OrderState::Shipping(_) => Err(OrderRejection::StockAlreadyConfirmed),
        OrderState::Completed(_) => Err(OrderRejection::AlreadyCompleted),
        OrderState::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
    }
}
