use super::Decision;
use crate::product::{Described, ProductEvent, ProductRejection, ProductState};

pub(super) fn decide(state: &ProductState, description: &str) -> Decision {
    match state {
        ProductState::Unlisted => Err(ProductRejection::Missing),
        ProductState::Listed(listed) if listed.description == description => Ok(vec![]),
        ProductState::Listed(_) => Ok(vec![ProductEvent::Described(Described { description: description.to_owned() })]),
        ProductState::Discontinued(_) => Err(ProductRejection::Discontinued),
    }
}
