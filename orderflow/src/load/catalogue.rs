//! What has to be there before orders can be placed: customers, products, and stock.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, bail};
use bytes::{BufMut, Bytes, BytesMut};
use hyper::Uri;
use orderflow_core::{Currency, Money};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    books::Books,
    client::{Ask, Client, Server},
    keys,
    progress::Screen,
};

/// The most pieces that one receipt may name.
const MOST_RECEIVED: u64 = 1_000_000;

/// The ids of the customers, in the order of the books.
pub(super) type Customers = Arc<[OnceLock<Uuid>]>;

/// One thing to be brought into being, by its number in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    Customer(usize),
    Product(usize),
    Receipt { product: usize, part: u64, quantity: u64 },
}

struct Filling {
    server: Arc<Server>,
    books: Arc<Books>,
    jobs: Vec<Job>,
    next: AtomicUsize,
    customers: Customers,
}

/// Registers the customers, lists the products, and receives the stock that the share of the demand comes to.
pub(super) async fn fill(
    server: &Arc<Server>, books: &Arc<Books>, share: Decimal, connections: usize, screen: &Screen,
) -> anyhow::Result<Customers> {
    let jobs = jobs(books, share);
    let phase = screen.phase("catalogue", Some(jobs.len() as u64));
    let filling = Arc::new(Filling {
        server: Arc::clone(server),
        books: Arc::clone(books),
        jobs,
        next: AtomicUsize::new(0),
        customers: books.customers.iter().map(|_| OnceLock::new()).collect(),
    });
    let mut workers = JoinSet::new();
    for _ in 0..connections.min(filling.jobs.len()) {
        let (filling, counter) = (Arc::clone(&filling), phase.counter());
        workers.spawn(async move {
            let mut client = Client::new(&filling.server);
            let mut buffer = BytesMut::new();
            while let Some(job) = filling.jobs.get(filling.next.fetch_add(1, Ordering::Relaxed)) {
                filling.carry_out(*job, &mut client, &mut buffer).await?;
                counter.add(1);
            }
            anyhow::Ok(())
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker.context("a connection's task ended before its time")??;
    }
    phase.finish();
    Ok(Arc::clone(&filling.customers))
}

fn jobs(books: &Books, share: Decimal) -> Vec<Job> {
    let customers = books.customers.iter().enumerate().filter(|(_, customer)| customer.orders > 0);
    let products = books.products.iter().enumerate().filter(|(_, product)| product.demand > 0);
    let receipts = products.clone().flat_map(|(product, wanted)| {
        let total = (Decimal::from(wanted.demand) * share).floor().to_u64().unwrap_or(u64::MAX);
        let parts = total.div_ceil(MOST_RECEIVED);
        (0..parts).map(move |part| {
            let quantity = (total - part * MOST_RECEIVED).min(MOST_RECEIVED);
            Job::Receipt { product, part, quantity }
        })
    });
    let customers = customers.map(|(customer, _)| Job::Customer(customer));
    customers.chain(products.clone().map(|(product, _)| Job::Product(product))).chain(receipts).collect()
}

#[derive(Serialize)]
struct NewCustomer<'a> {
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
}

#[derive(Serialize)]
struct NewProduct<'a> {
    sku: &'a str,
    description: &'a str,
    price: Money,
}

#[derive(Serialize)]
struct NewReceipt {
    quantity: u64,
}

#[derive(Deserialize)]
struct Made {
    id: Uuid,
}

impl Filling {
    async fn carry_out(&self, job: Job, client: &mut Client, buffer: &mut BytesMut) -> anyhow::Result<()> {
        match job {
            Job::Customer(number) => self.register(number, client, buffer).await,
            Job::Product(number) => self.list(number, client, buffer).await,
            Job::Receipt { product, part, quantity } => self.receive(product, part, quantity, client, buffer).await,
        }
    }

    async fn register(&self, number: usize, client: &mut Client, buffer: &mut BytesMut) -> anyhow::Result<()> {
        let customer = &self.books.customers[number];
        let body = NewCustomer { reference: &customer.reference, country: self.books.country(customer.country) };
        let body = encode(buffer, &body)?;
        let ask = Ask::post(Uri::from_static("/api/v1/customers"), keys::customer(&customer.reference), body);
        match client.ask(&ask).await? {
            Ok(answer) => {
                let made: Made = serde_json::from_slice(&answer).context("the server's answer names no customer")?;
                // Each customer is one job, so nobody was here before.
                let _ = self.customers[number].set(made.id);
                Ok(())
            }
            Err(refusal) if refusal.is_key_reused() => bail!(
                "customer {} was loaded with another country before: load this file into a new data directory",
                customer.reference
            ),
            Err(refusal) => bail!("customer {}: the server answered {refusal}", customer.reference),
        }
    }

    async fn list(&self, number: usize, client: &mut Client, buffer: &mut BytesMut) -> anyhow::Result<()> {
        let product = &self.books.products[number];
        let sku = product.sku.as_str();
        let price = Money { amount: product.price.amount(), currency: Currency::GBP };
        let body = NewProduct { sku, description: product.description.as_deref().unwrap_or(sku), price };
        let body = encode(buffer, &body)?;
        let ask = Ask::post(Uri::from_static("/api/v1/products"), keys::product(self.books.checksum, sku), body);
        match client.ask(&ask).await? {
            Ok(_) => Ok(()),
            // Another file was first, or a person: the catalogue's own description and price stand.
            Err(refusal) if refusal.code.as_deref() == Some("already-listed") => Ok(()),
            Err(refusal) => bail!("product {sku}: the server answered {refusal}"),
        }
    }

    async fn receive(
        &self, product: usize, part: u64, quantity: u64, client: &mut Client, buffer: &mut BytesMut,
    ) -> anyhow::Result<()> {
        let sku = self.books.products[product].sku.as_str();
        let body = encode(buffer, &NewReceipt { quantity })?;
        let path = keys::uri(format!("/api/v1/stock/{}/receipts", keys::encoded(sku)));
        match client.ask(&Ask::post(path, keys::receipt(self.books.checksum, sku, part), body)).await? {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.is_key_reused() => bail!(
                "this file was loaded before with another stock share (stock of {sku} differs): give the same \
                 --stock-share as then, or load into a new data directory"
            ),
            Err(refusal) => bail!("stock of {sku}: the server answered {refusal}"),
        }
    }
}

/// The JSON in a buffer whose memory is used again as soon as the request is done with it.
pub(super) fn encode(buffer: &mut BytesMut, body: &impl Serialize) -> anyhow::Result<Bytes> {
    serde_json::to_writer(buffer.writer(), body)?;
    Ok(buffer.split().freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::books::testing::books;

    fn receipts(rows: &[&str], share: &str) -> Vec<(u64, u64)> {
        let quantity = |job| match job {
            Job::Receipt { part, quantity, .. } => Some((part, quantity)),
            Job::Customer(_) | Job::Product(_) => None,
        };
        jobs(&books(rows), share.parse().unwrap()).into_iter().filter_map(quantity).collect()
    }

    #[test]
    fn stock_is_received_as_a_share_of_the_demand_and_in_bounded_parts() {
        let rows = ["1,A,,700000,2010-01-01T00:00:00,1,,", "2,A,,300001,2010-01-01T00:00:00,1,,"];
        for (share, expected) in [
            ("1", &[(0, 1_000_000), (1, 1)][..]),
            ("0.9999999", &[(0, 1_000_000)]),
            ("0.9", &[(0, 900_000)]),
            ("0.0000001", &[]),
            ("0", &[]),
            ("2.5", &[(0, 1_000_000), (1, 1_000_000), (2, 500_002)]),
        ] {
            assert_eq!(receipts(&rows, share), expected, "{share}");
        }
    }

    #[test]
    fn only_what_orders_name_is_brought_into_being() {
        // The second invoice has more pieces of B than one order may have.
        let rows = [
            "1,A,,1,2010-01-01T00:00:00,1,7,UK",
            "2,B,,1000000,2010-01-01T00:00:00,1,8,UK",
            "2,B,,1,2010-01-01T00:00:00,1,8,UK",
        ];
        let expected = [Job::Customer(0), Job::Product(0), Job::Receipt { product: 0, part: 0, quantity: 1 }];
        assert_eq!(jobs(&books(&rows), Decimal::ONE), expected);
    }
}
