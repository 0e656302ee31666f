use orderflow_engine::event_codec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Currency, Sku, UnitPrice};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Listed {
    pub sku: Sku,
    pub description: String,
    pub price: UnitPrice,
    pub currency: Currency,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Described {
    pub description: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PriceChanged {
    pub price: UnitPrice,
    pub currency: Currency,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Discontinued {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Relisted {}

#[derive(Debug, Clone, PartialEq)]
pub enum ProductEvent {
    Listed(Listed),
    Described(Described),
    PriceChanged(PriceChanged),
    Discontinued(Discontinued),
    Relisted(Relisted),
}

event_codec! {
    ProductEvent {
        Listed(Listed) => "product.listed.v1",
        Described(Described) => "product.described.v1",
        PriceChanged(PriceChanged) => "product.price_changed.v1",
        Discontinued(Discontinued) => "product.discontinued.v1",
        Relisted(Relisted) => "product.relisted.v1",
    }
}
