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
    progress::Screen,
};

/// Between two looks at a list; more, where a look takes long, so that looking stays a small part of the server's work.
const PAUSE: Duration = Duration::from_millis(25);
const PAUSE_PER_LOOK: u32 = 9;
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

const REQUESTED: &str = "/api/v1/shipments?status=requested";
/// Where a shipment may have been left by a run that did not come to its end.
const PACKED: &str = "/api/v1/shipments?status=packed";
const DISPATCHED: &str = "/api/v1/shipments?status=dispatched";

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
    pub(super) async fn run(mut self, screen: Screen) -> anyhow::Result<()> {
        let mut client = Client::new(&self.server);
        while self.placed.len() < self.orders {
            let looked = Instant::now();
            let found = self.look(&mut client, &[REQUESTED]).await?;
            let pause = pause(looked);
            self.pass_on(found).await?;
            tokio::time::sleep(pause).await;
        }
        let phase = screen.phase("ended", Some(self.orders as u64));
        let (mut open_before, mut moved) = (usize::MAX, Instant::now());
        loop {
            let looked = Instant::now();
            let found = self.look(&mut client, &[REQUESTED, PACKED, DISPATCHED]).await?;
            let open = self.open_orders(&mut client).await?;
            let pause = pause(looked);
            phase.counter().set((self.orders - open) as u64);
            if !found.is_empty() || open != open_before {
                (open_before, moved) = (open, Instant::now());
            }
            if open == 0 || moved.elapsed() > self.server.patience() {
                phase.finish();
                return Ok(());
            }
            self.pass_on(found).await?;
            tokio::time::sleep(pause).await;
        }
    }

    /// The shipments on these lists that were not seen before.
    async fn look(&mut self, client: &mut Client, lists: &[&str]) -> anyhow::Result<Vec<Parcel>> {
        let mut found = Vec::new();
        match self.deliver {
            Delivery::No => return Ok(found),
            Delivery::Yes => {}
        }
        for list in lists {
            let new = |row: ShipmentRow| {
                let ours = self.placed.contains(&row.order_id) && self.seen.insert(row.id);
                ours.then_some(Parcel { shipment: row.id })
            };
            found.extend(Pages::of(list, 0).collect(client, new).await?);
        }
        Ok(found)
    }

    async fn pass_on(&self, parcels: Vec<Parcel>) -> anyhow::Result<()> {
        for parcel in parcels {
            if self.parcels.send(parcel).await.is_err() {
                bail!("the connections that ship ended before their time");
            }
        }
        Ok(())
    }

    /// How many orders of the file have neither ended nor are parked.
    ///
    /// The lists are read one after the other while orders move on, from placed to confirmed and never back: so one
    /// that is on none of them has ended.
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

/// How long to wait after a look that began then.
fn pause(looked: Instant) -> Duration {
    (looked.elapsed() * PAUSE_PER_LOOK).clamp(PAUSE, LONGEST_PAUSE)
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
