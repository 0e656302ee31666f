use super::Decision;
use crate::customer::{CustomerEvent, CustomerRejection, CustomerState, Deactivated};

pub(super) fn decide(state: &CustomerState) -> Decision {
    match state {
        CustomerState::Unregistered => Err(CustomerRejection::Missing),
        CustomerState::Active(_) => Ok(vec![CustomerEvent::Deactivated(Deactivated {})]),
        CustomerState::Inactive(_) => Ok(vec![]),
    }
}
