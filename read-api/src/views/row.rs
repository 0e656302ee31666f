//! Rows as the views keep them: money in minor units, times in microseconds since the Unix epoch.

use rust_decimal::Decimal;
use uuid::Uuid;

/// What an order comes to, in its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Total {
    Minor(i64),
    /// Of a draft, which may come to more than any order: it is refused when it is placed.
    Amount(Decimal),
}

/// A row of `orders`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderRow {
    pub(crate) id: Uuid,
    pub(crate) number: String,
    pub(crate) status: String,
    pub(crate) fulfilment: String,
    pub(crate) payment: String,
    pub(crate) on_hold: Option<String>,
    pub(crate) currency: String,
    pub(crate) total: Total,
    pub(crate) placed_at: Option<i64>,
    pub(crate) customer: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) reference: Option<String>,
    /// The reason in JSON.
    pub(crate) cancelled: Option<String>,
    pub(crate) updated_at: i64,
    pub(crate) version: u64,
}

/// A row of `order_lines`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinesRow {
    /// A JSON array of lines as placed.
    pub(crate) lines: String,
    /// A JSON array of numbers beside `lines`.
    pub(crate) shipped: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WholeOrder {
    pub(crate) order: OrderRow,
    /// `None` when the view of lines has none (a draft), or does not stand where the view of orders does.
    pub(crate) lines: Option<LinesRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProductRow {
    pub(crate) sku: String,
    pub(crate) description: String,
    /// A decimal: a unit price may be finer than the minor unit.
    pub(crate) price: String,
    pub(crate) currency: String,
    pub(crate) status: String,
    pub(crate) updated_at: i64,
    pub(crate) version: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StockRow {
    pub(crate) sku: String,
    pub(crate) on_hand: i64,
    pub(crate) reserved: i64,
    pub(crate) shipped: i64,
    pub(crate) version: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShipmentRow {
    pub(crate) id: String,
    pub(crate) order_id: String,
    pub(crate) status: String,
    /// A JSON array; `None` when the shipment was withdrawn before it was requested.
    pub(crate) lines: Option<String>,
    pub(crate) carrier: Option<String>,
    pub(crate) tracking: Option<String>,
    pub(crate) failure: Option<String>,
    pub(crate) requested_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SalesRow {
    pub(crate) key: String,
    pub(crate) currency: String,
    pub(crate) orders: i64,
    pub(crate) lines: i64,
    pub(crate) units: i64,
    pub(crate) revenue: i64,
    pub(crate) refunds: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RankedProduct {
    pub(crate) sales: SalesRow,
    pub(crate) description: Option<String>,
}

/// How many orders share their three statuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunnelCount {
    pub(crate) status: String,
    pub(crate) fulfilment: String,
    pub(crate) payment: String,
    pub(crate) orders: u64,
    pub(crate) on_hold: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProcessRow {
    pub(crate) id: String,
    pub(crate) process: String,
    pub(crate) status: String,
    pub(crate) step: String,
    pub(crate) reason: Option<String>,
    pub(crate) deadline: Option<i64>,
    pub(crate) started_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: u64,
}
