//! `sales_by_day`, `sales_by_product`, `sales_by_country`: what was sold, in orders that were not cancelled.
//!
//! An order counts from the moment it is placed; `order.cancelled` says what it was, and takes it out again.

use std::collections::BTreeMap;

use orderflow_engine::{
    Projection, Recorded, Rows, View,
    projection::{Column, Value},
};

use super::{orders::minor_units, tenant};
use crate::{
    AnyEvent,
    order::{Line, OrderEvent, Placed},
};

const KINDS: &[&str] = &["order.placed.v1", "order.cancelled.v1"];
const SUMS: &[Column] = &[
    Column::int("orders"),
    Column::int("lines"),
    Column::int("units"),
    Column::int("revenue"),
    Column::int("refunds"),
];

/// The first key of a day is its ISO 8601 date in UTC.
static DAYS: View = sales("sales_by_day", &[Column::text("tenant"), Column::text("day"), Column::text("currency")]);
static PRODUCTS: View =
    sales("sales_by_product", &[Column::text("tenant"), Column::text("sku"), Column::text("currency")]);
/// An order that names no country counts under the empty one.
static COUNTRIES: View =
    sales("sales_by_country", &[Column::text("tenant"), Column::text("country"), Column::text("currency")]);

const fn sales(name: &'static str, key: &'static [Column]) -> View {
    View { name, version: 1, key, columns: SUMS, indexes: &[] }
}

pub(super) const BY_DAY: Projection<AnyEvent> = Projection { view: &DAYS, kinds: KINDS, project: by_day };
pub(super) const BY_PRODUCT: Projection<AnyEvent> = Projection { view: &PRODUCTS, kinds: KINDS, project: by_product };
pub(super) const BY_COUNTRY: Projection<AnyEvent> = Projection { view: &COUNTRIES, kinds: KINDS, project: by_country };

/// An order that begins to count (1) or stops to (-1).
fn counted(event: &Recorded<AnyEvent>) -> Option<(&Placed, i64)> {
    match &event.event {
        AnyEvent::Order(OrderEvent::Placed(placed)) => Some((placed, 1)),
        AnyEvent::Order(OrderEvent::Cancelled(cancelled)) => cancelled.placed.as_deref().map(|placed| (placed, -1)),
        AnyEvent::Order(
            OrderEvent::Drafted(_)
            | OrderEvent::LineAdded(_)
            | OrderEvent::LineChanged(_)
            | OrderEvent::LineRemoved(_)
            | OrderEvent::StockConfirmed(_)
            | OrderEvent::StockRejected(_)
            | OrderEvent::PaymentConfirmed(_)
            | OrderEvent::PaymentFailed(_)
            | OrderEvent::Confirmed(_)
            | OrderEvent::Held(_)
            | OrderEvent::Released(_)
            | OrderEvent::ShipmentDispatched(_)
            | OrderEvent::PaymentCaptured(_)
            | OrderEvent::Delivered(_)
            | OrderEvent::Completed(_),
        )
        | AnyEvent::Stock(_)
        | AnyEvent::Payment(_)
        | AnyEvent::Shipment(_)
        | AnyEvent::Product(_)
        | AnyEvent::Customer(_)
        | AnyEvent::Fulfilment(_) => None,
    }
}

fn by_day(event: &Recorded<AnyEvent>, rows: &mut Rows) {
    if let Some((placed, sign)) = counted(event) {
        let day = placed.placed_at.format("%Y-%m-%d").to_string();
        add(rows, key(event, day.into(), placed), sums(&placed.lines, placed, sign));
    }
}

fn by_country(event: &Recorded<AnyEvent>, rows: &mut Rows) {
    if let Some((placed, sign)) = counted(event) {
        let country = placed.country.as_ref().map_or("", |country| country.as_str());
        add(rows, key(event, country.into(), placed), sums(&placed.lines, placed, sign));
    }
}

fn by_product(event: &Recorded<AnyEvent>, rows: &mut Rows) {
    let Some((placed, sign)) = counted(event) else { return };
    let mut products: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in &placed.lines {
        products.entry(line.sku.as_str()).or_default().push(line);
    }
    for (sku, lines) in products {
        add(rows, key(event, sku.into(), placed), sums(lines, placed, sign));
    }
}

fn key(event: &Recorded<AnyEvent>, by: Value, placed: &Placed) -> Vec<Value> {
    vec![tenant(event), by, placed.currency.as_str().into()]
}

struct Sums {
    sign: i64,
    lines: i64,
    units: i64,
    revenue: i64,
}

fn sums<'a>(lines: impl IntoIterator<Item = &'a Line>, placed: &Placed, sign: i64) -> Sums {
    lines.into_iter().fold(Sums { sign, lines: 0, units: 0, revenue: 0 }, |sums, line| Sums {
        sign,
        lines: sums.lines + sign,
        units: sums.units + sign * i64::from(line.quantity.get()),
        revenue: sums.revenue + sign * minor_units(placed.currency, line.total),
    })
}

fn add(rows: &mut Rows, key: Vec<Value>, sums: Sums) {
    let Sums { sign, lines, units, revenue } = sums;
    rows.add(key, vec![("orders", sign), ("lines", lines), ("units", units), ("revenue", revenue)]);
}
