use super::{
    event::ShipmentEvent,
    state::{Sent, ShipmentState},
};

pub(super) fn evolve(state: ShipmentState, event: &ShipmentEvent) -> ShipmentState {
    match event {
        ShipmentEvent::Requested(requested) => match state {
            ShipmentState::New => ShipmentState::Requested(requested.clone()),
            unchanged => unchanged,
        },
        ShipmentEvent::Packed(_) => match state {
            ShipmentState::Requested(requested) => ShipmentState::Packed(requested),
            unchanged => unchanged,
        },
        ShipmentEvent::Dispatched(last) => match state {
            ShipmentState::Requested(requested) | ShipmentState::Packed(requested) => {
                ShipmentState::Dispatched(Sent { requested, last: last.clone() })
            }
            ShipmentState::DeliveryFailed(sent) => ShipmentState::Dispatched(Sent { last: last.clone(), ..sent }),
            unchanged => unchanged,
        },
        ShipmentEvent::Delivered(_) => match state {
            ShipmentState::Dispatched(sent) => ShipmentState::Delivered(sent),
            unchanged => unchanged,
        },
        ShipmentEvent::DeliveryFailed(_) => match state {
            ShipmentState::Dispatched(sent) => ShipmentState::DeliveryFailed(sent),
            unchanged => unchanged,
        },
        ShipmentEvent::Withdrawn(withdrawn) => match state {
            ShipmentState::New | ShipmentState::Requested(_) | ShipmentState::Packed(_) => {
                ShipmentState::Withdrawn { order: withdrawn.order }
            }
            unchanged => unchanged,
        },
    }
}
