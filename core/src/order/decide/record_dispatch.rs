use std::collections::HashSet;

use super::Decision;
use crate::{
    Quantity, ShipmentId,
    order::{
        FulfilmentStatus, Line, OrderEvent, OrderRejection, OrderState, PaymentCaptured, ShipmentDispatched,
        state::{Captured, place_of},
    },
};

/// A shipment that has left is a fact, on hold or not.
pub(super) fn decide(state: &OrderState, shipment: ShipmentId, lines: &[(u32, Quantity)]) -> Decision {
    let (dispatched, captured) = match state {
        OrderState::New => return Err(OrderRejection::Missing),
        OrderState::Draft(_) => return Err(OrderRejection::NotPlaced),
        OrderState::Placed(_) => return Err(OrderRejection::NotConfirmed),
        OrderState::Confirmed(ready) => {
            let nothing = vec![0; ready.placed.lines.len()];
            (dispatch(&ready.placed.lines, nothing, shipment, lines)?, Captured::NotYet)
        }
        OrderState::Shipping(shipping) if shipping.sent.parcel(shipment).is_some() => return Ok(vec![]),
        OrderState::Shipping(shipping) => {
            let before = shipping.sent.shipped.clone();
            (dispatch(&shipping.sent.placed.lines, before, shipment, lines)?, shipping.captured)
        }
        OrderState::Completed(sent) if sent.parcel(shipment).is_some() => return Ok(vec![]),
        OrderState::Completed(_) => return Err(OrderRejection::AlreadyCompleted),
        OrderState::Cancelled(_) => return Err(OrderRejection::AlreadyCancelled),
    };
    let mut events = vec![OrderEvent::ShipmentDispatched(dispatched)];
    match captured {
        Captured::NotYet => events.push(OrderEvent::PaymentCaptured(PaymentCaptured {})),
        Captured::Yes => {}
    }
    Ok(events)
}

/// `shipped` is what has left before, by line.
fn dispatch(
    ordered: &[Line], mut shipped: Vec<u32>, shipment: ShipmentId, lines: &[(u32, Quantity)],
) -> Result<ShipmentDispatched, OrderRejection> {
    if lines.is_empty() {
        return Err(OrderRejection::NoLines);
    }
    let mut seen = HashSet::with_capacity(lines.len());
    for &(line, quantity) in lines {
        let place = place_of(ordered, line).ok_or(OrderRejection::NoSuchLine { line })?;
        if !seen.insert(line) {
            return Err(OrderRejection::DuplicateLine { line });
        }
        let left = ordered[place].quantity.get().saturating_sub(shipped[place]);
        if quantity.get() > left {
            return Err(OrderRejection::ExceedsOrdered { line, left });
        }
        shipped[place] += quantity.get();
    }
    let all = ordered.iter().zip(&shipped).all(|(line, shipped)| line.quantity.get() == *shipped);
    let fulfilment = if all { FulfilmentStatus::Shipped } else { FulfilmentStatus::PartiallyShipped };
    Ok(ShipmentDispatched { shipment, shipped, fulfilment })
}
