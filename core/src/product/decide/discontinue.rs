use super::Decision;
use crate::product::{Discontinued, ProductEvent, ProductRejection, ProductState};

pub(super) fn decide(state: &ProductState) -> Decision {
    match state {
        ProductState::Unlisted => Err(ProductRejection::Missing),
        ProductState::Listed(_) => Ok(vec![ProductEvent::Discontinued(Discontinued {})]),
        ProductState::Discontinued(_) => Ok(vec![]),
    }
}
