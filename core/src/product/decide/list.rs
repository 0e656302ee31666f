use super::Decision;
use crate::{
    Currency, Sku, UnitPrice,
    product::{Listed, ProductEvent, ProductRejection, ProductState},
};

pub(super) fn decide(
    state: &ProductState, sku: &Sku, description: &str, price: UnitPrice, currency: Currency,
) -> Decision {
    let wanted = Listed { sku: sku.clone(), description: description.to_owned(), price, currency };
    match state {
        ProductState::Unlisted => Ok(vec![ProductEvent::Listed(wanted)]),
        ProductState::Listed(listed) if *listed == wanted => Ok(vec![]),
        ProductState::Listed(_) => Err(ProductRejection::AlreadyListed),
        ProductState::Discontinued(_) => Err(ProductRejection::Discontinued),
    }
}
