//! `orders`: one row an order, without its lines. Listed by status, by customer, by reference, newest first.

use orderflow_engine::{
    Projection, Recorded, Rows, View,
    projection::{Column, Index, Value},
};
use rust_decimal::Decimal;

use super::{json, micros, own_key, version};
use crate::{
    AnyEvent, Currency,
    order::{CancelReason, OrderEvent},
};

static VIEW: View = View {
    name: "orders",
    version: 1,
    key: &[Column::text("tenant"), Column::text("id")],
    columns: &[
        Column::text("number"),
        Column::text("status").or_text("draft"),
        Column::text("fulfilment").or_text("none"),
        Column::text("payment").or_text("none"),
        Column::text("on_hold").or_null(),
        Column::text("currency"),
        Column::int("total"),
        Column::int("placed_at").or_null(),
        Column::text("customer").or_null(),
        Column::text("country").or_null(),
        Column::text("reference").or_null(),
        Column::json("cancelled"),
        Column::int("updated_at"),
        Column::int("version"),
    ],
    indexes: &[
        Index { name: "by_placed", columns: &["tenant", "placed_at", "id"], where_present: None },
        Index { name: "by_status", columns: &["tenant", "status", "placed_at", "id"], where_present: None },
        Index {
            name: "by_customer",
            columns: &["tenant", "customer", "placed_at", "id"],
            where_present: Some("customer"),
        },
        Index { name: "by_reference", columns: &["tenant", "reference"], where_present: Some("reference") },
    ],
};

pub(super) const ORDERS: Projection<AnyEvent> = Projection {
    view: &VIEW,
    kinds: &[
        "order.drafted.v1",
        "order.placed.v1",
        "order.stock_confirmed.v1",
        "order.stock_rejected.v1",
        "order.payment_confirmed.v1",
        "order.payment_failed.v1",
        "order.confirmed.v1",
        "order.held.v1",
        "order.released.v1",
        "order.shipment_dispatched.v1",
        "order.payment_captured.v1",
        "order.delivered.v1",
        "order.completed.v1",
        "order.cancelled.v1",
        "order.line_added.v1",
        "order.line_changed.v1",
        "order.line_removed.v1",
    ],
    project,
};

fn project(event: &Recorded<AnyEvent>, rows: &mut Rows) {
    let AnyEvent::Order(order) = &event.event else { return };
    let key = own_key(event);
    let changed = match order {
        OrderEvent::Drafted(drafted) => {
            let row = vec![
                ("number", number(event).into()),
                ("currency", drafted.currency.as_str().into()),
                ("customer", drafted.customer.map(|id| id.to_string()).into()),
                ("country", drafted.country.as_ref().map(|country| country.as_str()).into()),
                ("reference", drafted.reference.as_deref().into()),
                ("updated_at", micros(event.time)),
                ("version", version(event)),
            ];
            rows.put(key, row);
            return;
        }
        OrderEvent::Placed(placed) => {
            let row = vec![
                ("number", number(event).into()),
                ("status", "placed".into()),
                ("currency", placed.currency.as_str().into()),
                ("total", minor(placed.currency, placed.total)),
                ("placed_at", micros(placed.placed_at)),
                ("customer", placed.customer.map(|id| id.to_string()).into()),
                ("country", placed.country.as_ref().map(|country| country.as_str()).into()),
                ("reference", placed.reference.as_deref().into()),
                ("updated_at", micros(event.time)),
                ("version", version(event)),
            ];
            rows.put(key, row);
            return;
        }
        OrderEvent::LineAdded(_) | OrderEvent::LineChanged(_) | OrderEvent::LineRemoved(_) => vec![],
        OrderEvent::StockConfirmed(_) => vec![("fulfilment", "reserved".into())],
        OrderEvent::StockRejected(_) => vec![],
        OrderEvent::PaymentConfirmed(_) => vec![("payment", "authorized".into())],
        OrderEvent::PaymentFailed(_) => vec![("payment", "failed".into())],
        OrderEvent::Confirmed(_) => vec![("status", "confirmed".into())],
        OrderEvent::Held(held) => vec![("on_hold", held.reason.as_str().into())],
        OrderEvent::Released(_) => vec![("on_hold", Value::Null)],
        OrderEvent::ShipmentDispatched(dispatched) => vec![("fulfilment", dispatched.fulfilment.as_str().into())],
        OrderEvent::PaymentCaptured(_) => vec![("payment", "captured".into())],
        OrderEvent::Delivered(delivered) => vec![("fulfilment", delivered.fulfilment.as_str().into())],
        OrderEvent::Completed(_) => vec![("status", "completed".into())],
        OrderEvent::Cancelled(cancelled) => vec![
            ("status", "cancelled".into()),
            ("fulfilment", cancelled.fulfilment.as_str().into()),
            ("payment", cancelled.payment.as_str().into()),
            ("on_hold", Value::Null),
            ("cancelled", json::<CancelReason>(&cancelled.reason)),
        ],
    };
    let mut changed = changed;
    changed.extend([("updated_at", micros(event.time)), ("version", version(event))]);
    rows.patch(key, changed);
}

/// What people call the order.
pub(super) fn number(event: &Recorded<AnyEvent>) -> Option<String> {
    event.stream.id().parse::<crate::OrderId>().ok().map(crate::OrderId::number)
}

/// Amounts of events are rounded to the minor unit and bounded when they are decided.
pub(super) fn minor(currency: Currency, amount: Decimal) -> Value {
    Value::Int(minor_units(currency, amount))
}

pub(super) fn minor_units(currency: Currency, amount: Decimal) -> i64 {
    currency.to_minor(amount).expect("a decided amount fits its minor unit")
}
