//! Amounts: `{"amount": "12.50", "currency": "GBP"}`.

use std::str::FromStr;

use orderflow_core::Currency;
use orderflow_http::Problem;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// An amount of one currency.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Money)]
pub(crate) struct MoneyDocument {
    /// A decimal in text, never a float.
    #[schema(value_type = String, example = "12.50")]
    pub(crate) amount: Decimal,
    /// An ISO 4217 code.
    #[schema(value_type = String, example = "GBP")]
    pub(crate) currency: Currency,
}

impl MoneyDocument {
    pub(crate) fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { amount: currency.from_minor(minor), currency }
    }
}

/// The same with an amount that is JSON already.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct RawMoney<'a> {
    pub(super) amount: &'a RawValue,
    pub(super) currency: Currency,
}

/// A view's currency was an event's currency, so it is one.
pub(crate) fn currency(code: &str) -> Result<Currency, Problem> {
    Currency::from_str(code).map_err(Problem::internal)
}
