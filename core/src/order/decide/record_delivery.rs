use super::Decision;
use crate::{
    ShipmentId,
    order::{
        Completed, Delivered, FulfilmentStatus, OrderEvent, OrderRejection, OrderState,
        state::{Sent, Whereabouts},
    },
};

pub(super) fn decide(state: &OrderState, shipment: ShipmentId) -> Decision {
    match state {
        OrderState::New => Err(OrderRejection::Missing),
        OrderState::Draft(_) => Err(OrderRejection::NotPlaced),
        OrderState::Placed(_) | OrderState::Confirmed(_) => Err(OrderRejection::UnknownShipment { shipment }),
        OrderState::Shipping(shipping) => match shipping.sent.parcel(shipment).map(|parcel| parcel.whereabouts) {
            None => Err(OrderRejection::UnknownShipment { shipment }),
            Some(Whereabouts::Arrived) => Ok(vec![]),
            Some(Whereabouts::OnItsWay) => Ok(deliver(&shipping.sent, shipment)),
        },
        OrderState::Completed(sent) if sent.parcel(shipment).is_some() => Ok(vec![]),
        OrderState::Completed(_) => Err(OrderRejection::UnknownShipment { shipment }),
        OrderState::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
    }
}

fn deliver(sent: &Sent, shipment: ShipmentId) -> Vec<OrderEvent> {
    let last =
        sent.shipments.iter().all(|parcel| parcel.shipment == shipment || parcel.whereabouts == Whereabouts::Arrived);
    let complete = last && sent.all_left();
    let fulfilment = if complete { FulfilmentStatus::Delivered } else { sent.fulfilment() };
    let mut events = vec![OrderEvent::Delivered(Delivered { shipment, fulfilment })];
    if complete {
        events.push(OrderEvent::Completed(Completed {}));
    }
    events
}
