//! `stock`: what is on hand and what of it is reserved, per SKU.

use orderflow_engine::{Projection, Recorded, Rows, View, projection::Column};

use super::{own_key, version};
use crate::{AnyEvent, stock::StockEvent};

static VIEW: View = View {
    name: "stock",
    version: 1,
    key: &[Column::text("tenant"), Column::text("sku")],
    columns: &[Column::int("on_hand"), Column::int("reserved"), Column::int("shipped"), Column::int("version")],
    indexes: &[],
};

pub(super) const STOCK: Projection<AnyEvent> = Projection {
    view: &VIEW,
    kinds: &[
        "stock.received.v1",
        "stock.adjusted.v1",
        "stock.reserved.v1",
        "stock.reservation_released.v1",
        "stock.reservation_expired.v1",
        "stock.shipped.v1",
    ],
    project,
};

fn project(event: &Recorded<AnyEvent>, rows: &mut Rows) {
    let AnyEvent::Stock(stock) = &event.event else { return };
    let pieces = |quantity: crate::Quantity| i64::from(quantity.get());
    let deltas = match stock {
        StockEvent::Received(received) => vec![("on_hand", pieces(received.quantity))],
        StockEvent::Adjusted(adjusted) => vec![("on_hand", adjusted.delta)],
        StockEvent::Reserved(reserved) => vec![("reserved", pieces(reserved.quantity))],
        StockEvent::ReservationReleased(released) => vec![("reserved", -pieces(released.quantity))],
        StockEvent::ReservationExpired(expired) => vec![("reserved", -pieces(expired.quantity))],
        StockEvent::Shipped(shipped) => {
            let quantity = pieces(shipped.quantity);
            vec![("on_hand", -quantity), ("reserved", -quantity), ("shipped", quantity)]
        }
    };
    rows.add(own_key(event), deltas);
    rows.patch(own_key(event), vec![("version", version(event))]);
}
