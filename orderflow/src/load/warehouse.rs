//! Warehouse and carrier: looks for shipments of the file's orders, and tells when all of those orders have ended.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::bail;
use bytes::Bytes;
use hyper::StatusCode;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    Delivery,
    client::{Ask, Client, Server},
    keys,
    lists::{OrderRow, Pages, ProcessRow, ShipmentRow},
    place::Placed,
    progress::Phase,
};

/// Between two looks at the list of shipments, when the last one found nothing new.
const PAUSE: Duration = Duration::from_millis(25);
/// Between two looks at all orders that have not ended; more, where a look takes long.
const PAUSE_AT_THE_END: Duration = Duration::from_millis(50);

const REQUESTED: &str = "/api/v1/shipments?status=requested";
/// Where a shipment may have been left by a run that did not come to its end.
const LEFT_BEHIND: [&str; 2] = ["/api/v1/shipments?status=packed", "/api/v1/shipments?status=dispatched"];

/// A shipment that is to leave and to arrive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parcel {
    shipment: Uuid,
}

pub(super) struct Warehouse {
    server: Arc<Server>,
    placed: Arc<Placed>,
    /// How many orders the file has.
    orders: usize,
    deliver: Delivery,
    /// Dropped at the end, which tells the connections that there is nothing more to ship.
    parcels: mpsc::Sender<Parcel>,
    seen: HashSet<Uuid>,
}

impl Warehouse {
    pub(super) fn new(
        server: &Arc<Server>, placed: Arc<Placed>, orders: usize, deliver: Delivery, parcels: mpsc::Sender<Parcel>,
    ) -> Self {
        Self { server: Arc::clone(server), placed, orders, deliver, parcels, seen: HashSet::with_capacity(orders) }
    }

    /// Until every order has ended or is parked, or nothing has moved for as long as the server's patience lasts.
    pub(super) async fn run(mut self, phase: Phase) -> anyhow::Result<()> {
        let mut client = Client::new(&self.server);
        let counter = phase.counter();
        let (mut open_before, mut moved) = (usize::MAX, Instant::now());
        loop {
            let found = self.look(&mut client).await?;
            if found > 0 {
                moved = Instant::now();
                continue;
            }
            if self.placed.len() < self.orders {
                moved = Instant::now();
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            let looked = Instant::now();
            let open = self.open_orders(&mut client).await?;
            counter.set((self.orders - open) as u64);
            if open != open_before {
                (open_before, moved) = (open, Instant::now());
            }
            if open == 0 || moved.elapsed() > self.server.patience() {
                phase.finish();
                return Ok(());
            }
            tokio::time::sleep(PAUSE_AT_THE_END.max(looked.elapsed() * 2)).await;
        }
    }

    /// Passes on the shipments that were not seen before; tells how many.
    async fn look(&mut self, client: &mut Client) -> anyhow::Result<usize> {
        match self.deliver {
            Delivery::No => return Ok(0),
            Delivery::Yes => {}
        }
        let mut found = self.look_through(REQUESTED, client).await?;
        if found == 0 && self.placed.len() == self.orders {
            for list in LEFT_BEHIND {
                found += self.look_through(list, client).await?;
            }
        }
        Ok(found)
    }

    async fn look_through(&mut self, list: &str, client: &mut Client) -> anyhow::Result<usize> {
        let mut pages = Pages::<ShipmentRow>::of(list, 0);
        let mut found = 0;
        while let Some(page) = pages.next(client).await? {
            for row in page {
                if self.placed.contains(&row.order_id) && self.seen.insert(row.id) {
                    found += 1;
                    if self.parcels.send(Parcel { shipment: row.id }).await.is_err() {
                        bail!("the connections that ship ended before their time");
                    }
                }
            }
        }
        Ok(found)
    }

    /// How many orders of the file have neither ended nor are parked.
    ///
    /// The lists are read one after the other while orders move on, from placed to confirmed and never back: so one that
    /// is on none of them has ended.
    async fn open_orders(&self, client: &mut Client) -> anyhow::Result<usize> {
        let after = self.server.position();
        let statuses: &[&str] = match self.deliver {
            Delivery::Yes => &["placed", "confirmed"],
            Delivery::No => &["placed"],
        };
        let mut open = HashSet::new();
        for status in statuses {
            let list = Pages::<OrderRow>::of(&format!("/api/v1/orders?status={status}"), after);
            open.extend(list.collect(client, |row| self.placed.contains(&row.id).then_some(row.id)).await?);
        }
        if !open.is_empty() {
            for (order, _) in parked(client, after, |order| open.contains(order)).await? {
                open.remove(&order);
            }
        }
        Ok(open.len())
    }
}

/// Which of these orders wait for a person, and why.
pub(super) async fn parked(
    client: &mut Client, after: u64, of: impl Fn(&Uuid) -> bool,
) -> anyhow::Result<Vec<(Uuid, String)>> {
    let list = Pages::<ProcessRow>::of("/api/v1/admin/processes?status=parked", after);
    list.collect(client, |row| of(&row.id).then(|| (row.id, row.reason.unwrap_or_default()))).await
}

/// Dispatches and delivers. A shipment that cannot go on, because it was withdrawn or came back, is left to its order.
pub(super) async fn ship(parcel: Parcel, client: &mut Client) -> anyhow::Result<()> {
    let Parcel { shipment } = parcel;
    let tracking = &shipment.simple().to_string()[..12];
    let body = Bytes::from(format!(r#"{{"carrier":"Royal Mail","tracking":"OF{tracking}"}}"#));
    let dispatch =
        Ask::post(keys::uri(format!("/api/v1/shipments/{shipment}/dispatch")), keys::dispatch(shipment), body);
    let deliver =
        Ask::post(keys::uri(format!("/api/v1/shipments/{shipment}/deliver")), keys::delivery(shipment), Bytes::new());
    for step in [dispatch, deliver] {
        match client.ask(&step).await? {
            Ok(_) => {}
            Err(refusal) if refusal.status == StatusCode::CONFLICT => {}
            Err(refusal) => bail!("shipment {shipment}: the server answered {refusal}"),
        }
    }
    Ok(())
}
