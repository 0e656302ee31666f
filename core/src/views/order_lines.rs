//! `order_lines`: an order's lines as one document, how many pieces of each have gone, and the words to find it by.
//!
//! The words are here because this row is written once or twice in an order's life, and that of `orders` many times.

use orderflow_engine::{
    Projection, Recorded, Rows, View,
    projection::{Column, Value},
};

use super::{json, orders::number, own_key};
use crate::{
    AnyEvent,
    order::{OrderEvent, Placed},
    words,
};

static VIEW: View = View {
    name: "order_lines",
    version: 2,
    key: &[Column::text("tenant"), Column::text("id")],
    columns: &[
        // Before the lines, which are long: whoever looks through the words of many orders need not read past those.
        Column::words("words"),
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
        OrderEvent::Placed(placed) => {
            rows.put(own_key(event), vec![("words", words_of(event, placed)), ("lines", json(&placed.lines))]);
        }
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

/// What people remember of an order comes first: there are only so many words.
fn words_of(event: &Recorded<AnyEvent>, placed: &Placed) -> Value {
    let number = number(event);
    let own = [number.as_deref(), placed.reference.as_deref(), placed.country.as_ref().map(|country| country.as_str())];
    let lines = placed.lines.iter().flat_map(|line| [line.sku.as_str(), line.description.as_str()]);
    Value::from(words(own.into_iter().flatten().chain(lines)))
}
