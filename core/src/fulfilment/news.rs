//! What an event of the log means to a fulfilment.

use orderflow_engine::Recorded;

use crate::{
    AnyEvent, OrderId, ShipmentId,
    order::{Cancelled, OrderEvent, Placed},
    shipment::ShipmentEvent,
};

pub(super) enum News<'a> {
    Placed(&'a Placed),
    Released,
    Cancelled(&'a Cancelled),
    Left(ShipmentId),
    Arrived(ShipmentId),
}

/// The order that an event concerns, and what it says; `None` when the process does not listen to it.
pub(super) fn news(event: &Recorded<AnyEvent>) -> Option<(OrderId, News<'_>)> {
    match &event.event {
        AnyEvent::Order(order) => Some((event.stream.id().parse().ok()?, of_order(order)?)),
        AnyEvent::Shipment(shipment) => of_shipment(shipment, event.stream.id().parse().ok()?),
        AnyEvent::Stock(_)
        | AnyEvent::Payment(_)
        | AnyEvent::Product(_)
        | AnyEvent::Customer(_)
        | AnyEvent::Fulfilment(_) => None,
    }
}

fn of_order(event: &OrderEvent) -> Option<News<'_>> {
    match event {
        OrderEvent::Placed(placed) => Some(News::Placed(placed)),
        OrderEvent::Released(_) => Some(News::Released),
        OrderEvent::Cancelled(cancelled) => Some(News::Cancelled(cancelled)),
        OrderEvent::Drafted(_)
        | OrderEvent::LineAdded(_)
        | OrderEvent::LineChanged(_)
        | OrderEvent::LineRemoved(_)
        | OrderEvent::StockConfirmed(_)
        | OrderEvent::StockRejected(_)
        | OrderEvent::PaymentConfirmed(_)
        | OrderEvent::PaymentFailed(_)
        | OrderEvent::Confirmed(_)
        | OrderEvent::Held(_)
        | OrderEvent::ShipmentDispatched(_)
        | OrderEvent::PaymentCaptured(_)
        | OrderEvent::Delivered(_)
        | OrderEvent::Completed(_) => None,
    }
}

fn of_shipment(event: &ShipmentEvent, shipment: ShipmentId) -> Option<(OrderId, News<'_>)> {
    match event {
        ShipmentEvent::Dispatched(dispatched) => Some((dispatched.order, News::Left(shipment))),
        ShipmentEvent::Delivered(delivered) => Some((delivered.order, News::Arrived(shipment))),
        ShipmentEvent::Requested(_)
        | ShipmentEvent::Packed(_)
        | ShipmentEvent::DeliveryFailed(_)
        | ShipmentEvent::Withdrawn(_) => None,
    }
}
