use super::{Decision, confirm};
use crate::order::{Confirmed, OrderEvent, OrderRejection, OrderState, Released};

/// An order that waited for nothing but its release is confirmed in the same decision.
pub(super) fn decide(state: &OrderState) -> Decision {
    let mut events = vec![OrderEvent::Released(Released {})];
    let hold = match state {
        OrderState::New => return Err(OrderRejection::Missing),
        OrderState::Placed(waiting) => {
            if confirm::ready(waiting).is_ok() {
                events.push(OrderEvent::Confirmed(Confirmed {}));
            }
            &waiting.hold
        }
        OrderState::Confirmed(ready) => &ready.hold,
        OrderState::Shipping(shipping) => &shipping.hold,
        OrderState::Draft(_) | OrderState::Completed(_) | OrderState::Cancelled(_) => &None,
    };
    Ok(if hold.is_some() { events } else { vec![] })
}
