use super::Decision;
use crate::customer::{Activated, CustomerEvent, CustomerRejection, CustomerState};

pub(super) fn decide(state: &CustomerState) -> Decision {
    match state {
        CustomerState::Unregistered => Err(CustomerRejection::Missing),
        CustomerState::Active(_) => Ok(vec![]),
        CustomerState::Inactive(_) => Ok(vec![CustomerEvent::Activated(Activated {})]),
    }
}
