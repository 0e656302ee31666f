use super::Decision;
use crate::{
    OrderId, Quantity, ShipmentId,
    stock::{Shipped, StockEvent, StockRejection, StockState},
};

/// An order without an open reservation has shipped all of it, or lost it; one that is not known here was forgotten
/// after that. Whether there ever was a reservation is on record with whoever made it.
pub(super) fn decide(state: &StockState, order: OrderId, shipment: ShipmentId, quantity: Quantity) -> Decision {
    match state.open.get(&order) {
        None => Ok(vec![]),
        Some(reservation) if reservation.shipments.contains(&shipment) => Ok(vec![]),
        Some(reservation) if quantity.get() > reservation.quantity => {
            Err(StockRejection::ExceedsReserved { reserved: reservation.quantity })
        }
        Some(_) => Ok(vec![StockEvent::Shipped(Shipped { order, shipment, quantity })]),
    }
}
