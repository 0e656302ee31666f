//! `order_lines`: an order's lines as one document, and how many pieces of each have gone.

use orderflow_engine::{Projection, Recorded, Rows, View, projection::Column};

use super::{json, own_key};
use crate::{AnyEvent, order::OrderEvent};

static VIEW: View = View {
    name: "order_lines",
    version: 1,
    key: &[Column::text("tenant"), Column::text("id")],
    columns: &[
        // An array of `{line, sku, description, quantity, unit_price, total}`, as placed.
        Column::json("lines"),
        // An array of numbers beside `lines`; empty until something has gone.
        Column::json("shipped"),
    ],
    indexes: &[],
};

pub(super) const ORDER_LINES: Projection<AnyEvent> =
    Projection { view: &VIEW, kinds: &["order.placed.v1", "order.shipment_dispatched.v1"], project };

fn project(event: &Recorded<AnyEvent>, rows: &mut Rows) {
    let AnyEvent::Order(order) = &event.event else { return };
    match order {
        OrderEvent::Placed(placed) => rows.put(own_key(event), vec![("lines", json(&placed.lines))]),
        OrderEvent::ShipmentDispatched(dispatched) => {
            rows.patch(own_key(event), vec![("shipped", json(&dispatched.shipped))]);
        }
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
        | OrderEvent::PaymentCaptured(_)
        | OrderEvent::Delivered(_)
        | OrderEvent::Completed(_)
        | OrderEvent::Cancelled(_) => {}
    }
}
