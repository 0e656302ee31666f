use super::Decision;
use crate::{
    OrderId,
    stock::{ReservationReleased, StockEvent, StockState},
};

/// Not remembered when the order has no reservation: whoever releases has heard what became of its reserving.
pub(super) fn decide(state: &StockState, order: OrderId) -> Decision {
    let released = |quantity| StockEvent::ReservationReleased(ReservationReleased { order, quantity });
    Ok(state.left_for(order).map(released).into_iter().collect())
}
