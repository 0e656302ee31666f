use std::collections::HashSet;

use super::Decision;
use crate::{
    OrderId,
    shipment::{Requested, ShipmentEvent, ShipmentLine, ShipmentRejection, ShipmentState},
};

/// The lines of a repeat are not compared: what is still to go may have changed since the first request.
pub(super) fn decide(state: &ShipmentState, order: OrderId, lines: &[ShipmentLine]) -> Decision {
    match state {
        ShipmentState::New => {
            let mut seen = HashSet::with_capacity(lines.len());
            if lines.is_empty() {
                return Err(ShipmentRejection::NoLines);
            }
            if let Some(twice) = lines.iter().find(|line| !seen.insert(line.line)) {
                return Err(ShipmentRejection::DuplicateLine { line: twice.line });
            }
            Ok(vec![ShipmentEvent::Requested(Requested { order, lines: lines.to_vec() })])
        }
        ShipmentState::Requested(requested) | ShipmentState::Packed(requested) => same(requested, order),
        ShipmentState::Dispatched(sent) | ShipmentState::DeliveryFailed(sent) | ShipmentState::Delivered(sent) => {
            same(&sent.requested, order)
        }
        ShipmentState::Withdrawn { .. } => Err(ShipmentRejection::Withdrawn),
    }
}

fn same(requested: &Requested, order: OrderId) -> Decision {
    if requested.order == order { Ok(vec![]) } else { Err(ShipmentRejection::OtherOrder { order: requested.order }) }
}
