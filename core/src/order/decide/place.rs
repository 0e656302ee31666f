use orderflow_engine::Timestamp;

use super::{Decision, lines};
use crate::order::{NewLine, OrderEvent, OrderRejection, OrderState, Particulars, Placed};

pub(super) fn decide(state: &OrderState, particulars: &Particulars, new: &[NewLine], placed_at: Timestamp) -> Decision {
    match state {
        OrderState::New => {
            let Particulars { customer, country, currency, reference, payment_token } = particulars.clone();
            let lines = lines::numbered(new, currency)?;
            let total = lines::total(&lines)?;
            Ok(vec![OrderEvent::Placed(Placed {
                customer,
                country,
                currency,
                reference,
                payment_token,
                placed_at,
                lines,
                total,
            })])
        }
        OrderState::Draft(_)
        | OrderState::Placed(_)
        | OrderState::Confirmed(_)
        | OrderState::Shipping(_)
        | OrderState::Completed(_)
        | OrderState::Cancelled(_) => Err(OrderRejection::AlreadyExists),
    }
}
