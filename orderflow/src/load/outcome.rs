//! What became of the orders, as the views tell it.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::ensure;
use orderflow_core::order::OrderStatus;
use rust_decimal::Decimal;

use super::{
    books::Books,
    client::{Client, Server},
    lists::{OrderRow, Pages},
    place::Placed,
    warehouse::parked,
};

#[derive(Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) completed: u64,
    /// Has its stock and its payment, and waits for its shipment.
    pub(super) confirmed: u64,
    /// Waits for its stock or its payment.
    pub(super) waiting: u64,
    /// By reason.
    pub(super) cancelled: BTreeMap<String, u64>,
    pub(super) cancelled_total: Decimal,
    /// Waits for a person; by reason.
    pub(super) parked: BTreeMap<String, u64>,
}

/// Looks every order of the file up. Each has to be there once.
pub(super) async fn of(server: &Arc<Server>, books: &Books, placed: Arc<Placed>) -> anyhow::Result<Outcome> {
    let times = || books.orders.iter().map(|order| order.placed_at);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return Ok(Outcome::default()) };
    let mut client = Client::new(server);
    let after = server.position();
    let parked: BTreeMap<_, _> =
        parked(&mut client, after, |order| placed.contains(order)).await?.into_iter().collect();

    let format = "%Y-%m-%dT%H:%M:%SZ";
    let last = last + chrono::TimeDelta::seconds(1);
    let path = format!("/api/v1/orders?placed_after={}&placed_before={}", first.format(format), last.format(format));
    let mut pages = Pages::<OrderRow>::of(&path, after);
    let mut outcome = Outcome::default();
    let mut found = 0;
    while let Some(page) = pages.next(&mut client).await? {
        for row in page {
            let Some(number) = placed.get(&row.id) else { continue };
            found += 1;
            match (row.status, parked.get(&row.id)) {
                (OrderStatus::Completed, _) => outcome.completed += 1,
                (OrderStatus::Cancelled, _) => {
                    let reason = row.cancelled.map_or_else(|| "no reason given".to_owned(), |cancelled| cancelled.code);
                    *outcome.cancelled.entry(reason).or_default() += 1;
                    outcome.cancelled_total += books.orders[number as usize].total;
                }
                (OrderStatus::Draft | OrderStatus::Placed | OrderStatus::Confirmed, Some(reason)) => {
                    *outcome.parked.entry(reason.clone()).or_default() += 1;
                }
                (OrderStatus::Confirmed, None) => outcome.confirmed += 1,
                (OrderStatus::Draft | OrderStatus::Placed, None) => outcome.waiting += 1,
            }
        }
    }
    ensure!(
        found == books.orders.len(),
        "the server took {} orders but lists {found} of them: stop, and ask for help",
        books.orders.len()
    );
    Ok(outcome)
}
