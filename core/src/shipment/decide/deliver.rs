use super::Decision;
use crate::shipment::{Delivered, ShipmentEvent, ShipmentRejection, ShipmentState};

pub(super) fn decide(state: &ShipmentState) -> Decision {
    match state {
        ShipmentState::New => Err(ShipmentRejection::Missing),
        ShipmentState::Requested(_) | ShipmentState::Packed(_) => Err(ShipmentRejection::NotDispatched),
        ShipmentState::Dispatched(sent) => {
            Ok(vec![ShipmentEvent::Delivered(Delivered { order: sent.requested.order })])
        }
        ShipmentState::DeliveryFailed(_) => Err(ShipmentRejection::DeliveryFailed),
        ShipmentState::Delivered(_) => Ok(vec![]),
        ShipmentState::Withdrawn { .. } => Err(ShipmentRejection::Withdrawn),
    }
}
