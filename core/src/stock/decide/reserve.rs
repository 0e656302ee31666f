use orderflow_engine::Timestamp;

use super::Decision;
use crate::{
    OrderId, Quantity,
    stock::{MAX_RESERVATION, Reserved, StockEvent, StockRejection, StockState},
};

/// An order has one reservation of a SKU in its life: one that was released or shipped is not made again.
pub(super) fn decide(
    state: &StockState, order: OrderId, quantity: Quantity, until: Timestamp, now: Timestamp,
) -> Decision {
    if state.open.contains_key(&order) || state.settled.contains(order) {
        return Ok(vec![]);
    }
    if now >= until {
        return Err(StockRejection::ReservationTooLate);
    }
    if until.signed_duration_since(now) > MAX_RESERVATION {
        return Err(StockRejection::ReservationTooLong);
    }
    match u32::try_from(state.available()) {
        Ok(available) if available < quantity.get() => Err(StockRejection::Short { available }),
        Ok(_) | Err(_) => Ok(vec![StockEvent::Reserved(Reserved { order, quantity, until })]),
    }
}
