use super::Decision;
use crate::{
    Currency, UnitPrice,
    product::{PriceChanged, ProductEvent, ProductRejection, ProductState},
};

pub(super) fn decide(state: &ProductState, price: UnitPrice, currency: Currency) -> Decision {
    match state {
        ProductState::Unlisted => Err(ProductRejection::Missing),
        ProductState::Listed(listed) if listed.price == price && listed.currency == currency => Ok(vec![]),
        ProductState::Listed(_) => Ok(vec![ProductEvent::PriceChanged(PriceChanged { price, currency })]),
        ProductState::Discontinued(_) => Err(ProductRejection::Discontinued),
    }
}
