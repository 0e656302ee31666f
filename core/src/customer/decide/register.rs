use super::Decision;
use crate::{
    Country,
    customer::{CustomerEvent, CustomerRejection, CustomerState, Registered},
};

/// A deactivated customer is registered all the same: a repeat does not activate it.
pub(super) fn decide(state: &CustomerState, reference: Option<&str>, country: Option<&Country>) -> Decision {
    let wanted = Registered { reference: reference.map(str::to_owned), country: country.cloned() };
    match state {
        CustomerState::Unregistered => Ok(vec![CustomerEvent::Registered(wanted)]),
        CustomerState::Active(registered) | CustomerState::Inactive(registered) if *registered == wanted => Ok(vec![]),
        CustomerState::Active(_) | CustomerState::Inactive(_) => Err(CustomerRejection::AlreadyRegistered),
    }
}
