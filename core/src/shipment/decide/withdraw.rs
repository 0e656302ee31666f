use super::Decision;
use crate::{
    OrderId,
    shipment::{ShipmentEvent, ShipmentRejection, ShipmentState, Withdrawn},
};

/// A shipment that was never requested is withdrawn on record too, so that a request still on its way finds it so.
pub(super) fn decide(state: &ShipmentState, order: OrderId) -> Decision {
    match state.order() {
        Some(other) if other != order => return Err(ShipmentRejection::OtherOrder { order: other }),
        Some(_) | None => {}
    }
    match state {
        ShipmentState::New | ShipmentState::Requested(_) | ShipmentState::Packed(_) => {
            Ok(vec![ShipmentEvent::Withdrawn(Withdrawn { order })])
        }
        ShipmentState::Dispatched(sent) | ShipmentState::DeliveryFailed(sent) => {
            Err(ShipmentRejection::AlreadyDispatched { carrier: sent.last.carrier.clone() })
        }
        ShipmentState::Delivered(_) => Err(ShipmentRejection::AlreadyDelivered),
        ShipmentState::Withdrawn { .. } => Ok(vec![]),
    }
}
