use super::{
    event::StockEvent,
    state::{Reservation, StockState},
};
use crate::OrderId;

/// Changes the books in place, in logarithmic time at worst: a stream of stock is long, and hot.
pub(super) fn evolve(mut state: StockState, event: &StockEvent) -> StockState {
    match event {
        StockEvent::Received(received) => {
            state.on_hand = state.on_hand.saturating_add(u64::from(received.quantity.get()));
        }
        StockEvent::Adjusted(adjusted) => state.on_hand = state.on_hand.saturating_add_signed(adjusted.delta),
        StockEvent::Reserved(reserved) => {
            if !state.open.contains_key(&reserved.order) && !state.settled.contains(reserved.order) {
                let quantity = reserved.quantity.get();
                state.reserved = state.reserved.saturating_add(u64::from(quantity));
                let reservation = Reservation { quantity, until: reserved.until, shipments: Vec::new() };
                state.open.insert(reserved.order, reservation);
                state.settled.saw(reserved.until);
            }
        }
        StockEvent::ReservationReleased(released) => state.settle(released.order),
        StockEvent::ReservationExpired(expired) => state.settle(expired.order),
        StockEvent::Shipped(shipped) => {
            let pieces = shipped.quantity.get();
            if let Some(reservation) = state.open.get_mut(&shipped.order)
                && pieces <= reservation.quantity
            {
                reservation.quantity -= pieces;
                reservation.shipments.push(shipped.shipment);
                let left = reservation.quantity;
                state.on_hand = state.on_hand.saturating_sub(u64::from(pieces));
                state.reserved = state.reserved.saturating_sub(u64::from(pieces));
                if left == 0 {
                    state.settle(shipped.order);
                }
            }
        }
    }
    state
}

impl StockState {
    /// Ends an order's reservation: what is left of it is available again.
    fn settle(&mut self, order: OrderId) {
        if let Some(reservation) = self.open.remove(&order) {
            self.reserved = self.reserved.saturating_sub(u64::from(reservation.quantity));
            self.settled.insert(order, reservation.until);
        }
    }
}
