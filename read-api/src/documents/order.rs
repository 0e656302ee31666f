//! Orders, with and without their lines.

use orderflow_core::{
    Currency,
    order::{FulfilmentStatus, OrderStatus, PaymentStatus},
};
use orderflow_http::Problem;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, Schema, schema::Type},
};
use uuid::Uuid;

use super::{
    money::{MoneyDocument, RawMoney, currency},
    time::from_micros,
};
use crate::views::{LinesRow, OrderRow, Total};

/// An order as lists show it.
///
/// Its life is told by three statuses. The names that other systems use for a stage of it map to these:
///
/// | elsewhere | `status` | `fulfilment` | `payment` |
/// |---|---|---|---|
/// | Pending | placed | none | none |
/// | InventoryConfirmed | placed | reserved | none |
/// | PaymentConfirmed, Paid | placed | reserved | authorized |
/// | Processing | confirmed | reserved | authorized |
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderSummary)]
pub(crate) struct OrderSummary<'a> {
    id: Uuid,
    /// What people call the order.
    #[schema(example = "7Q2M9X0D4K")]
    number: &'a str,
    #[schema(schema_with = status_schema)]
    status: &'a str,
    #[schema(schema_with = fulfilment_schema)]
    fulfilment: &'a str,
    #[schema(schema_with = payment_schema)]
    payment: &'a str,
    on_hold: bool,
    /// Why it is on hold.
    hold_reason: Option<&'a str>,
    #[schema(value_type = String, example = "GBP")]
    currency: Currency,
    /// Null in lists for an order that was never placed: the view does not follow drafts, the order itself does.
    total: Option<MoneyDocument>,
    /// Null until it is placed.
    #[schema(format = DateTime)]
    placed_at: Option<String>,
    /// Null for a guest.
    #[schema(format = Uuid)]
    customer_id: Option<&'a str>,
    country: Option<&'a str>,
    /// The caller's own name for the order.
    reference: Option<&'a str>,
    /// Why it was cancelled: a `code`, and what belongs to it.
    #[schema(value_type = Option<Object>)]
    cancelled: Option<&'a RawValue>,
    #[schema(format = DateTime)]
    updated_at: String,
    /// As in its ETag.
    version: u64,
}

/// An order with its lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderDocument<'a> {
    #[serde(flatten)]
    summary: OrderSummary<'a>,
    lines: Vec<LineDocument<'a>>,
}

/// Descriptions and amounts go from the view to the caller as the JSON they are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderLine)]
pub(crate) struct LineDocument<'a> {
    /// Counted from 1; one SKU may stand on several lines.
    line: u32,
    #[schema(value_type = String)]
    sku: &'a RawValue,
    #[schema(value_type = String)]
    description: &'a RawValue,
    quantity: u32,
    #[schema(value_type = MoneyDocument)]
    unit_price: RawMoney<'a>,
    #[schema(value_type = MoneyDocument)]
    total: RawMoney<'a>,
    /// Pieces that have left.
    shipped: u32,
    /// Pieces that came back.
    returned: u32,
}

#[derive(Deserialize)]
struct StoredLine<'a> {
    line: u32,
    #[serde(borrow)]
    sku: &'a RawValue,
    #[serde(borrow)]
    description: &'a RawValue,
    quantity: u32,
    #[serde(borrow)]
    unit_price: &'a RawValue,
    #[serde(borrow)]
    total: &'a RawValue,
}

impl<'a> OrderSummary<'a> {
    pub(crate) fn new(row: &'a OrderRow) -> Result<Self, Problem> {
        let currency = currency(&row.currency)?;
        let cancelled = row.cancelled.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?;
        Ok(Self {
            id: row.id,
            number: &row.number,
            status: &row.status,
            fulfilment: &row.fulfilment,
            payment: &row.payment,
            on_hold: row.on_hold.is_some(),
            hold_reason: row.on_hold.as_deref(),
            currency,
            total: match row.total {
                Total::Minor(minor) => row.placed_at.map(|_| MoneyDocument::from_minor(minor, currency)),
                Total::Amount(amount) => Some(MoneyDocument { amount: currency.round(amount), currency }),
            },
            placed_at: row.placed_at.map(from_micros),
            customer_id: row.customer.as_deref(),
            country: row.country.as_deref(),
            reference: row.reference.as_deref(),
            cancelled,
            updated_at: from_micros(row.updated_at),
            version: row.version,
        })
    }
}

impl<'a> OrderDocument<'a> {
    pub(crate) fn new(order: &'a OrderRow, lines: &'a LinesRow) -> Result<Self, Problem> {
        let summary = OrderSummary::new(order)?;
        let stored: Vec<StoredLine<'a>> = serde_json::from_str(&lines.lines).map_err(Problem::internal)?;
        let shipped: Vec<u32> = match &lines.shipped {
            Some(shipped) => serde_json::from_str(shipped).map_err(Problem::internal)?,
            None => Vec::new(),
        };
        let shipped = shipped.into_iter().chain(std::iter::repeat(0));
        let lines = stored.into_iter().zip(shipped).map(|(line, shipped)| line.document(shipped, summary.currency));
        Ok(Self { lines: lines.collect(), summary })
    }

    /// The document in JSON, in one buffer that does not have to grow.
    pub(crate) fn json(order: &'a OrderRow, lines: &'a LinesRow) -> Result<Vec<u8>, Problem> {
        let document = Self::new(order, lines)?;
        let mut json = Vec::with_capacity(768 + lines.lines.len() + 96 * document.lines.len());
        serde_json::to_writer(&mut json, &document).map_err(Problem::internal)?;
        Ok(json)
    }
}

impl<'a> StoredLine<'a> {
    fn document(self, shipped: u32, currency: Currency) -> LineDocument<'a> {
        LineDocument {
            line: self.line,
            sku: self.sku,
            description: self.description,
            quantity: self.quantity,
            unit_price: RawMoney { amount: self.unit_price, currency },
            total: RawMoney { amount: self.total, currency },
            shipped,
            returned: 0,
        }
    }
}

fn names(description: &str, names: impl Iterator<Item = &'static str>) -> Schema {
    let string = ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    string.enum_values(Some(names)).build().into()
}

pub(crate) fn status_schema() -> Schema {
    names("Where the order is in its life.", OrderStatus::ALL.iter().map(|status| status.as_str()))
}

pub(crate) fn fulfilment_schema() -> Schema {
    names("Where its goods are.", FulfilmentStatus::ALL.iter().map(|status| status.as_str()))
}

pub(crate) fn payment_schema() -> Schema {
    names("Where its payment is.", PaymentStatus::ALL.iter().map(|status| status.as_str()))
}
