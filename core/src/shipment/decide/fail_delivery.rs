use super::Decision;
use crate::shipment::{DeliveryFailed, ShipmentEvent, ShipmentRejection, ShipmentState};

pub(super) fn decide(state: &ShipmentState, reason: &str) -> Decision {
    match state {
        ShipmentState::New => Err(ShipmentRejection::Missing),
        ShipmentState::Requested(_) | ShipmentState::Packed(_) => Err(ShipmentRejection::NotDispatched),
        ShipmentState::Dispatched(sent) => Ok(vec![ShipmentEvent::DeliveryFailed(DeliveryFailed {
            order: sent.requested.order,
            reason: reason.to_owned(),
        })]),
        ShipmentState::DeliveryFailed(_) => Ok(vec![]),
        ShipmentState::Delivered(_) => Err(ShipmentRejection::AlreadyDelivered),
        ShipmentState::Withdrawn { .. } => Err(ShipmentRejection::Withdrawn),
    }
}
