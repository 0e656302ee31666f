use super::Decision;
use crate::product::{ProductEvent, ProductRejection, ProductState, Relisted};

pub(super) fn decide(state: &ProductState) -> Decision {
    match state {
        ProductState::Unlisted => Err(ProductRejection::Missing),
        ProductState::Listed(_) => Ok(vec![]),
        ProductState::Discontinued(_) => Ok(vec![ProductEvent::Relisted(Relisted {})]),
    }
}
