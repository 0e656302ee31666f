use orderflow_engine::Timestamp;

use super::{Decision, lines};
use crate::order::{Drafted, Line, OrderEvent, OrderRejection, OrderState, Placed};

/// Numbers left by removed lines are closed up: the lines of a placed order are 1, 2, 3 and so on.
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
                lines: (1..).zip(&draft.lines).map(|(number, line)| Line { line: number, ..line.clone() }).collect(),
                total,
            })])
        }
        OrderState::Placed(_) | OrderState::Confirmed(_) | OrderState::Shipping(_) | OrderState::Completed(_) => {
            Ok(vec![])
        }
        OrderState::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
    }
}
