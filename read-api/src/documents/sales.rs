use std::collections::BTreeMap;

use orderflow_core::order::{FulfilmentStatus, OrderStatus, PaymentStatus};
use orderflow_http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::money::{MoneyDocument, currency};
use crate::views::{FunnelCount, RankedProduct, SalesRow};

/// What was sold under one key and in one currency, in orders that were not cancelled.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sales)]
pub(crate) struct SalesDocument<'a> {
    /// A month, a date, a SKU or a country; orders that name no country count under the empty one.
    #[schema(example = "2009-12")]
    key: &'a str,
    orders: i64,
    lines: i64,
    units: i64,
    revenue: MoneyDocument,
    refunds: MoneyDocument,
}

impl<'a> SalesDocument<'a> {
    pub(crate) fn new(row: &'a SalesRow) -> Result<Self, Problem> {
        let currency = currency(&row.currency)?;
        Ok(Self {
            key: &row.key,
            orders: row.orders,
            lines: row.lines,
            units: row.units,
            revenue: MoneyDocument::from_minor(row.revenue, currency),
            refunds: MoneyDocument::from_minor(row.refunds, currency),
        })
    }
}

/// A product and what was sold of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RankedProduct)]
pub(crate) struct RankedProductDocument<'a> {
    sku: &'a str,
    /// Null when the catalogue does not know the SKU.
    description: Option<&'a str>,
    orders: i64,
    lines: i64,
    units: i64,
    revenue: MoneyDocument,
}

impl<'a> RankedProductDocument<'a> {
    pub(crate) fn new(row: &'a RankedProduct) -> Result<Self, Problem> {
        let sales = SalesDocument::new(&row.sales)?;
        Ok(Self {
            sku: sales.key,
            description: row.description.as_deref(),
            orders: sales.orders,
            lines: sales.lines,
            units: sales.units,
            revenue: sales.revenue,
        })
    }
}

/// How many orders have each status. Statuses without orders are there too.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Funnel)]
pub(crate) struct FunnelDocument<'a> {
    /// All there are, drafts and cancelled ones included.
    orders: u64,
    on_hold: u64,
    #[schema(example = json!({"placed": 2, "completed": 40}))]
    status: BTreeMap<&'a str, u64>,
    fulfilment: BTreeMap<&'a str, u64>,
    payment: BTreeMap<&'a str, u64>,
}

impl<'a> FunnelDocument<'a> {
    pub(crate) fn new(counts: &'a [FunnelCount]) -> Self {
        let mut funnel = Self {
            orders: 0,
            on_hold: 0,
            status: OrderStatus::ALL.iter().map(|status| (status.as_str(), 0)).collect(),
            fulfilment: FulfilmentStatus::ALL.iter().map(|status| (status.as_str(), 0)).collect(),
            payment: PaymentStatus::ALL.iter().map(|status| (status.as_str(), 0)).collect(),
        };
        for count in counts {
            funnel.orders += count.orders;
            funnel.on_hold += count.on_hold;
            *funnel.status.entry(&count.status).or_default() += count.orders;
            *funnel.fulfilment.entry(&count.fulfilment).or_default() += count.orders;
            *funnel.payment.entry(&count.payment).or_default() += count.orders;
        }
        funnel
    }
}
