//! One handler per aggregate, on one store.

use orderflow_core::{
    customer::Customer, order::Order, payment::Payment, product::Product, shipment::Shipment, stock::Stock,
};
use orderflow_engine::Handler;
use orderflow_stores::AnyStore;

/// Clones share mailboxes and caches.
#[derive(Clone)]
pub struct Commands {
    pub products: Handler<Product, AnyStore>,
    pub stock: Handler<Stock, AnyStore>,
    pub orders: Handler<Order, AnyStore>,
    pub payments: Handler<Payment, AnyStore>,
    pub shipments: Handler<Shipment, AnyStore>,
    pub customers: Handler<Customer, AnyStore>,
}

impl Commands {
    /// Keeps the states of up to `streams` streams of each kind at hand.
    #[must_use]
    pub fn new(store: &AnyStore, streams: usize) -> Self {
        Self {
            products: Handler::new(store.clone(), streams),
            stock: Handler::new(store.clone(), streams),
            orders: Handler::new(store.clone(), streams),
            payments: Handler::new(store.clone(), streams),
            shipments: Handler::new(store.clone(), streams),
            customers: Handler::new(store.clone(), streams),
        }
    }
}
