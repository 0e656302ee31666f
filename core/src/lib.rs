//! Every business rule of Orderflow: ids, money, one module per aggregate, processes, and views as pure functions.
//!
//! Nothing here awaits, reads a clock or makes an id: time, randomness and ids come in with each command.

#![deny(clippy::float_arithmetic)]

mod country;
pub mod customer;
mod event;
pub mod fulfilment;
mod ids;
mod money;
pub mod order;
pub mod payment;
pub mod product;
mod quantity;
mod refusal;
mod schemas;
pub mod shipment;
pub mod stock;
#[cfg(test)]
mod testing;
pub mod views;
mod words;

pub use self::{
    country::{Country, InvalidCountry},
    event::AnyEvent,
    ids::{CustomerId, InvalidSku, OrderId, PaymentId, ShipmentId, Sku, streams_of},
    money::{Currency, InvalidCurrency, InvalidPrice, Money, UnitPrice},
    quantity::{InvalidQuantity, Quantity},
    refusal::{Refusal, RefusalKind},
    schemas::schemas,
    words::words,
};
