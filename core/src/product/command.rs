use crate::{Currency, Sku, UnitPrice};

#[derive(Debug, Clone, PartialEq)]
pub enum ProductCommand {
    /// Lists a product for the first time; satisfied when it is listed with exactly these particulars.
    List {
        sku: Sku,
        description: String,
        price: UnitPrice,
        currency: Currency,
    },
    Describe {
        description: String,
    },
    ChangePrice {
        price: UnitPrice,
        currency: Currency,
    },
    Discontinue,
    Relist,
}
