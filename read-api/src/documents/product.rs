use std::str::FromStr;

use orderflow_http::Problem;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    money::{MoneyDocument, currency},
    time::from_micros,
};
use crate::views::ProductRow;

/// A product of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Product)]
pub(crate) struct ProductDocument<'a> {
    #[schema(example = "85048")]
    sku: &'a str,
    description: &'a str,
    /// Of one piece.
    price: MoneyDocument,
    /// `listed` or `discontinued`.
    #[schema(example = "listed")]
    status: &'a str,
    #[schema(format = DateTime)]
    updated_at: String,
    /// As in its ETag.
    version: u64,
}

impl<'a> ProductDocument<'a> {
    pub(crate) fn new(row: &'a ProductRow) -> Result<Self, Problem> {
        let amount = Decimal::from_str(&row.price).map_err(Problem::internal)?;
        Ok(Self {
            sku: &row.sku,
            description: &row.description,
            price: MoneyDocument { amount, currency: currency(&row.currency)? },
            status: &row.status,
            updated_at: from_micros(row.updated_at),
            version: row.version,
        })
    }
}
