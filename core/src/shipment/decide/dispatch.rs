use super::Decision;
use crate::shipment::{Dispatched, ShipmentEvent, ShipmentRejection, ShipmentState};

pub(super) fn decide(state: &ShipmentState, carrier: &str, tracking: Option<&str>) -> Decision {
    let dispatched = |order| Dispatched { order, carrier: carrier.to_owned(), tracking: tracking.map(str::to_owned) };
    let same = |last: &Dispatched| last.carrier == carrier && last.tracking.as_deref() == tracking;
    match state {
        ShipmentState::New => Err(ShipmentRejection::Missing),
        ShipmentState::Requested(requested) | ShipmentState::Packed(requested) => {
            Ok(vec![ShipmentEvent::Dispatched(dispatched(requested.order))])
        }
        ShipmentState::DeliveryFailed(sent) => Ok(vec![ShipmentEvent::Dispatched(dispatched(sent.requested.order))]),
        ShipmentState::Dispatched(sent) | ShipmentState::Delivered(sent) if same(&sent.last) => Ok(vec![]),
        ShipmentState::Dispatched(sent) => {
            Err(ShipmentRejection::AlreadyDispatched { carrier: sent.last.carrier.clone() })
        }
        ShipmentState::Delivered(_) => Err(ShipmentRejection::AlreadyDelivered),
        ShipmentState::Withdrawn { .. } => Err(ShipmentRejection::Withdrawn),
    }
}
