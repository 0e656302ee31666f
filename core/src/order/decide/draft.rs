use super::{Decision, lines};
use crate::order::{Drafted, LineAdded, NewLine, OrderEvent, OrderRejection, OrderState, Particulars};

pub(super) fn decide(state: &OrderState, particulars: &Particulars, new: &[NewLine]) -> Decision {
    match state {
        OrderState::New => {
            let Particulars { customer, country, currency, reference, payment_token } = particulars.clone();
            let lines = lines::numbered(new, currency)?;
            let drafted = Drafted { customer, country, currency, reference, payment_token };
            let added = |line| OrderEvent::LineAdded(LineAdded { line });
            Ok(std::iter::once(OrderEvent::Drafted(drafted)).chain(lines.into_iter().map(added)).collect())
        }
        OrderState::Draft(_)
        | OrderState::Placed(_)
        | OrderState::Confirmed(_)
        | OrderState::Shipping(_)
        | OrderState::Completed(_)
        | OrderState::Cancelled(_) => Err(OrderRejection::AlreadyExists),
    }
}
