use super::Decision;
use crate::{
    OrderId,
    stock::{ReservationExpired, StockEvent, StockState},
};

/// Whether the order is paid by now is for whoever asks to know.
pub(super) fn decide(state: &StockState, order: OrderId) -> Decision {
    let expired = |quantity| StockEvent::ReservationExpired(ReservationExpired { order, quantity });
    Ok(state.left_for(order).map(expired).into_iter().collect())
}
