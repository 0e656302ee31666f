use super::Decision;
use crate::stock::{Adjusted, MAX_ON_HAND, StockEvent, StockRejection, StockState};

pub(super) fn decide(state: &StockState, delta: i64, reason: &str) -> Decision {
    let &StockState { on_hand, reserved, .. } = state;
    if delta == 0 {
        return Err(StockRejection::NoDifference);
    }
    match on_hand.checked_add_signed(delta) {
        Some(counted) if counted > MAX_ON_HAND => Err(StockRejection::TooMany { on_hand }),
        Some(counted) if counted >= reserved => {
            Ok(vec![StockEvent::Adjusted(Adjusted { delta, reason: reason.to_owned() })])
        }
        Some(_) | None => Err(StockRejection::BelowReserved { on_hand, reserved }),
    }
}
