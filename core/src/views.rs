//! The views: what is read, as pure functions of the events.
//!
//! Every view begins its key with the tenant. Money is in minor units, times are microseconds since the Unix epoch.
//! A customer's orders are an index of `orders`, not a second copy of it.

mod order_lines;
mod orders;
mod processes;
mod products;
mod sales;
mod shipments;
mod stock;

use orderflow_engine::{Projection, Recorded, Timestamp, projection::Value};

use crate::AnyEvent;

/// Every projection of the program.
pub static ALL: [Projection<AnyEvent>; 9] = [
    orders::ORDERS,
    order_lines::ORDER_LINES,
    shipments::SHIPMENTS,
    products::PRODUCTS,
    stock::STOCK,
    sales::BY_DAY,
    sales::BY_PRODUCT,
    sales::BY_COUNTRY,
    processes::PROCESSES,
];

/// The projections of what is read most by id: orders with their lines, and stock.
pub static HOT: [Projection<AnyEvent>; 3] = [orders::ORDERS, order_lines::ORDER_LINES, stock::STOCK];

fn tenant(event: &Recorded<AnyEvent>) -> Value {
    Value::from(event.stream.tenant_str())
}

/// The key of the row that is about the event's own stream.
fn own_key(event: &Recorded<AnyEvent>) -> Vec<Value> {
    vec![tenant(event), Value::from(event.stream.id())]
}

fn version(event: &Recorded<AnyEvent>) -> Value {
    Value::Int(event.version.0.cast_signed())
}

fn micros(time: Timestamp) -> Value {
    Value::Int(time.timestamp_micros())
}

fn json<T: serde::Serialize>(value: &T) -> Value {
    Value::from(serde_json::to_string(value).expect("a view's document is plain JSON"))
}
