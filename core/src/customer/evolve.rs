use super::{event::CustomerEvent, state::CustomerState};

pub(super) fn evolve(state: CustomerState, event: &CustomerEvent) -> CustomerState {
    match event {
        CustomerEvent::Registered(registered) => match state {
            CustomerState::Unregistered => CustomerState::Active(registered.clone()),
            unchanged => unchanged,
        },
        CustomerEvent::Activated(_) => match state {
            CustomerState::Inactive(registered) => CustomerState::Active(registered),
            unchanged => unchanged,
        },
        CustomerEvent::Deactivated(_) => match state {
            CustomerState::Active(registered) => CustomerState::Inactive(registered),
            unchanged => unchanged,
        },
    }
}
