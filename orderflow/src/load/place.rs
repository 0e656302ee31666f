//! The orders: placed one after the other on many connections, which in between dispatch and deliver.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context, bail, ensure};
use bytes::{Bytes, BytesMut};
use chrono::NaiveDateTime;
use hyper::Uri;
use orderflow_core::{Currency, Money};
use serde::{Deserialize, Serialize, Serializer};
use tokio::{
    sync::mpsc::{self, error::TryRecvError},
    task::JoinSet,
};
use uuid::Uuid;

use super::{
    Delivery, LoadOptions,
    books::{Books, Line, Order},
    catalogue::{Customers, encode},
    client::{Ask, Client, Server},
    keys,
    progress::{Counter, Screen},
    warehouse::{self, Parcel, Warehouse},
};

/// What the simulated provider always authorizes.
const PAYMENT_TOKEN: &str = "tok_approve";
/// Shipments that wait for a free connection.
const WAITING_PARCELS: usize = 256;

/// The orders of the file that the server has, by their ids there, with their numbers in the books.
#[derive(Debug, Default)]
pub(super) struct Placed(Mutex<HashMap<Uuid, u32>>);

impl Placed {
    fn add(&self, id: Uuid, order: usize) -> Option<u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, order as u32)
    }

    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn contains(&self, id: &Uuid) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    pub(super) fn get(&self, id: &Uuid) -> Option<u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).copied()
    }
}

struct Placing {
    server: Arc<Server>,
    books: Arc<Books>,
    customers: Customers,
    next: AtomicUsize,
    placed: Arc<Placed>,
    /// Whoever has nothing to place waits here for something to ship. Closed when there will be nothing more.
    parcels: tokio::sync::Mutex<mpsc::Receiver<Parcel>>,
    placed_count: Counter,
    delivered_count: Option<Counter>,
}

/// Places every order, and stays until all of them have ended, are parked, or nothing moves any more.
pub(super) async fn all(
    server: &Arc<Server>, books: &Arc<Books>, customers: Customers, options: &LoadOptions, screen: &Screen,
) -> anyhow::Result<Arc<Placed>> {
    let orders = books.orders.len() as u64;
    let placing_phase = screen.phase("placed", Some(orders));
    let delivering_phase = (options.deliver == Delivery::Yes).then(|| screen.phase("delivered", Some(orders)));
    let (parcels_in, parcels_out) = mpsc::channel(WAITING_PARCELS);
    let placing = Arc::new(Placing {
        server: Arc::clone(server),
        books: Arc::clone(books),
        customers,
        next: AtomicUsize::new(0),
        placed: Arc::default(),
        parcels: tokio::sync::Mutex::new(parcels_out),
        placed_count: placing_phase.counter(),
        delivered_count: delivering_phase.as_ref().map(super::progress::Phase::counter),
    });
    let warehouse =
        Warehouse::new(server, Arc::clone(&placing.placed), books.orders.len(), options.deliver, parcels_in);
    let mut tasks = JoinSet::new();
    tasks.spawn(warehouse.run(screen.clone()));
    for _ in 0..options.connections {
        tasks.spawn(Arc::clone(&placing).work());
    }
    while let Some(task) = tasks.join_next().await {
        task.context("a connection's task ended before its time")??;
    }
    placing_phase.finish();
    if let Some(phase) = delivering_phase {
        phase.finish();
    }
    Ok(Arc::clone(&placing.placed))
}

enum Work {
    Ship(Parcel),
    Place(usize),
    Done,
}

impl Placing {
    async fn work(self: Arc<Self>) -> anyhow::Result<()> {
        let mut client = Client::new(&self.server);
        let mut buffer = BytesMut::new();
        loop {
            match self.next_work().await {
                Work::Ship(parcel) => {
                    warehouse::ship(parcel, &mut client).await?;
                    if let Some(delivered) = &self.delivered_count {
                        delivered.add(1);
                    }
                }
                Work::Place(number) => {
                    self.place(number, &mut client, &mut buffer).await?;
                    self.placed_count.add(1);
                }
                Work::Done => return Ok(()),
            }
        }
    }

    /// Shipping goes before placing, so that what is under way stays little.
    async fn next_work(&self) -> Work {
        if let Ok(mut parcels) = self.parcels.try_lock() {
            match parcels.try_recv() {
                Ok(parcel) => return Work::Ship(parcel),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
            }
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number < self.books.orders.len() {
            return Work::Place(number);
        }
        match self.parcels.lock().await.recv().await {
            Some(parcel) => Work::Ship(parcel),
            None => Work::Done,
        }
    }

    async fn place(&self, number: usize, client: &mut Client, buffer: &mut BytesMut) -> anyhow::Result<()> {
        let order = &self.books.orders[number];
        let invoice = &order.invoice;
        let ask = Ask::post(Uri::from_static("/api/v1/orders"), keys::order(invoice), self.body(order, buffer)?);
        match client.ask(&ask).await? {
            Ok(answer) => {
                let made: Made = serde_json::from_slice(&answer)
                    .with_context(|| format!("invoice {invoice}: the server's answer is not that of a placed order"))?;
                ensure!(
                    made.total.amount == order.total,
                    "invoice {invoice} comes to {} but the server says {}: stop, and ask for help",
                    order.total,
                    made.total.amount
                );
                ensure!(
                    self.placed.add(made.id, number).is_none(),
                    "invoice {invoice}: the server answers with the order of another invoice, {}: stop, and ask for help",
                    made.id
                );
                Ok(())
            }
            Err(refusal) if refusal.is_key_reused() => bail!(
                "invoice {invoice} was loaded before with other content: load this file into a new data directory"
            ),
            Err(refusal) => bail!("invoice {invoice}: the server answered {refusal}"),
        }
    }

    fn body(&self, order: &Order, buffer: &mut BytesMut) -> anyhow::Result<Bytes> {
        let customer = order.customer.and_then(|customer| self.customers[customer as usize].get());
        ensure!(
            customer.is_some() == order.customer.is_some(),
            "invoice {}: its customer was not registered: stop, and ask for help",
            order.invoice
        );
        let body = NewOrder {
            customer_id: customer,
            currency: Currency::GBP,
            reference: &order.invoice,
            placed_at: order.placed_at,
            country: self.books.country(order.country),
            lines: Lines { lines: &order.lines, books: &self.books },
            payment: Payment { token: PAYMENT_TOKEN },
        };
        encode(buffer, &body)
    }
}

#[derive(Serialize)]
struct NewOrder<'a> {
    customer_id: Option<&'a Uuid>,
    currency: Currency,
    reference: &'a str,
    #[serde(serialize_with = "as_utc")]
    placed_at: NaiveDateTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    lines: Lines<'a>,
    payment: Payment,
}

struct Lines<'a> {
    lines: &'a [Line],
    books: &'a Books,
}

#[derive(Serialize)]
struct NewLine<'a> {
    sku: &'a str,
    quantity: u32,
    unit_price: Money,
}

#[derive(Serialize)]
struct Payment {
    token: &'static str,
}

#[derive(Deserialize)]
struct Made {
    id: Uuid,
    total: Money,
}

impl Serialize for Lines<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.lines.iter().map(|line| NewLine {
            sku: self.books.products[line.product as usize].sku.as_str(),
            quantity: line.quantity.get(),
            unit_price: Money { amount: line.price.amount(), currency: Currency::GBP },
        }))
    }
}

fn as_utc<S: Serializer>(time: &NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time.format("%Y-%m-%dT%H:%M:%SZ"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::books::testing::books;

    #[test]
    fn an_order_is_always_the_same_bytes() {
        let books = books(&[
            "489434,85048,BALL,12,2009-12-01T07:45:00,6.950,,United Kingdom",
            "489434,85048,BALL,12,2009-12-01T07:44:00,6.95,,",
        ]);
        let order = &books.orders[0];
        let body = NewOrder {
            customer_id: None,
            currency: Currency::GBP,
            reference: &order.invoice,
            placed_at: order.placed_at,
            country: books.country(order.country),
            lines: Lines { lines: &order.lines, books: &books },
            payment: Payment { token: PAYMENT_TOKEN },
        };
        // The server compares the bytes of a repeated request with those of the first one.
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            r#"{"customer_id":null,"currency":"GBP","reference":"489434","placed_at":"2009-12-01T07:44:00Z","country":"United Kingdom","lines":[{"sku":"85048","quantity":12,"unit_price":{"amount":"6.950","currency":"GBP"}},{"sku":"85048","quantity":12,"unit_price":{"amount":"6.95","currency":"GBP"}}],"payment":{"token":"tok_approve"}}"#
        );
    }
}
