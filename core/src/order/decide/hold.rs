use super::Decision;
use crate::order::{Held, OrderEvent, OrderRejection, OrderState};

/// Another reason replaces the one before.
pub(super) fn decide(state: &OrderState, reason: &str) -> Decision {
    let hold = match state {
        OrderState::New => return Err(OrderRejection::Missing),
        OrderState::Draft(_) => return Err(OrderRejection::NotPlaced),
        OrderState::Placed(waiting) => &waiting.hold,
        OrderState::Confirmed(ready) => &ready.hold,
        OrderState::Shipping(shipping) => &shipping.hold,
        OrderState::Completed(_) => return Err(OrderRejection::AlreadyCompleted),
        OrderState::Cancelled(_) => return Err(OrderRejection::AlreadyCancelled),
    };
    if hold.as_deref() == Some(reason) {
        Ok(vec![])
    } else {
        Ok(vec![OrderEvent::Held(Held { reason: reason.to_owned() })])
    }
}
