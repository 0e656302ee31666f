use super::Decision;
use crate::{
    Quantity,
    stock::{MAX_ON_HAND, Received, StockEvent, StockRejection, StockState},
};

pub(super) fn decide(state: &StockState, quantity: Quantity) -> Decision {
    if state.on_hand.saturating_add(u64::from(quantity.get())) > MAX_ON_HAND {
        return Err(StockRejection::TooMany { on_hand: state.on_hand });
    }
    Ok(vec![StockEvent::Received(Received { quantity })])
}
