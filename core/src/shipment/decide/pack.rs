use super::Decision;
use crate::shipment::{Packed, ShipmentEvent, ShipmentRejection, ShipmentState};

/// What has left was packed.
pub(super) fn decide(state: &ShipmentState) -> Decision {
    match state {
        ShipmentState::New => Err(ShipmentRejection::Missing),
        ShipmentState::Requested(_) => Ok(vec![ShipmentEvent::Packed(Packed {})]),
        ShipmentState::Packed(_)
        | ShipmentState::Dispatched(_)
        | ShipmentState::DeliveryFailed(_)
        | ShipmentState::Delivered(_) => Ok(vec![]),
        ShipmentState::Withdrawn { .. } => Err(ShipmentRejection::Withdrawn),
    }
}
