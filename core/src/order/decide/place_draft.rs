use orderflow_engine::Timestamp;

use super::{Decision, lines};
use crate::order::{Drafted, OrderEvent, OrderRejection, OrderState, Placed};

/// Lines keep the numbers they had in the draft.
pub(super) fn decide(state: &OrderState, placed_at: Timestamp) -> Decision {
    match state {
        OrderState::New => Err(OrderRejection::Missing),
        OrderState::Draft(draft) => {
            let total = lines::total(&draft.lines)?;
            let Drafted { customer, country, currency, reference, payment_token } = draft.drafted.clone();
            Ok(vec![OrderEvent::Placed(Placed {
                customer,
                country,
                currency,
                reference,
                payment_token,
                placed_at,
                lines: draft.lines.clone(),
                total,
            })])
        }
        OrderState::Placed(_) | OrderState::Confirmed(_) | OrderState::Shipping(_) | OrderState::Completed(_) => {
            Ok(vec![])
        }
        OrderState::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
    }
}
