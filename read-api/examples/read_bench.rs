//! What reads cost: `cargo run --release -p orderflow-read-api --example read_bench [orders]`
//!
//! Fills views with orders of five lines and their shipments, then asks through the router, without a socket.

use std::{sync::Arc, time::Instant};

use axum::{Router, body::Body, http::Request};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::BodyExt;
use orderflow_core::{
    AnyEvent, Currency, CustomerId, OrderId, Quantity, Sku, UnitPrice,
    order::{self, Line, OrderEvent, Placed},
    shipment::{self, Requested, ShipmentEvent, ShipmentLine},
    views::ALL,
};
use orderflow_engine::{
    MemoryStore, Position, Recorded, Rows, StreamName, Tenant, Timestamp, Version, projection::Changes,
};
use orderflow_http::CursorKey;
use orderflow_projector::{SqliteTarget, Target, ViewWrite};
use orderflow_read_api::{AnyViews, ReadState, SqliteOptions, SqliteViews, router};
use orderflow_stores::AnyStore;
use rust_decimal::Decimal;
use tower::ServiceExt;
use uuid::Uuid;

const CLIENTS: u64 = 64;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let orders: u64 = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("views.db");
    let target = SqliteTarget::open(&path).expect("views");
    let started = Instant::now();
    fill(&target, orders).await;
    println!("{orders} orders written in {:.1} s", started.elapsed().as_secs_f64());

    let views = AnyViews::Sqlite(SqliteViews::new(path, SqliteOptions::default()));
    let log = AnyStore::from(MemoryStore::new()).reader();
    let (router, _) = router(ReadState::new(views, log, None, CursorKey::random()));

    let order = move |n: u64| format!("/orders/{}", id(n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % orders));
    let number = id(orders / 2).number();
    let ask = async |name: &str, times: u64, path: Arc<dyn Fn(u64) -> String + Send + Sync>| {
        run(name, times, router.clone(), path).await;
    };
    let fixed = |path: String| -> Arc<dyn Fn(u64) -> String + Send + Sync> { Arc::new(move |_| path.clone()) };
    ask("GET /orders/{id}", 100_000, Arc::new(order)).await;
    ask("GET /orders/{id} of none", 100_000, fixed(format!("/orders/{}", Uuid::nil()))).await;
    hop(100_000).await;
    ask("GET /orders", 5_000, fixed("/orders".to_owned())).await;
    ask("GET /orders?customer", 5_000, fixed(format!("/orders?customer={}", customer(7).0))).await;
    ask("GET /orders?reference", 5_000, fixed("/orders?reference=ref-77".to_owned())).await;
    ask("GET /orders?q=number", 100, fixed(format!("/orders?q={number}"))).await;
    ask("GET /orders?country of none", 100, fixed("/orders?country=Atlantis".to_owned())).await;
    ask("GET /shipments?status=requested", 5_000, fixed("/shipments?status=requested".to_owned())).await;
    ask("GET /shipments", 5_000, fixed("/shipments".to_owned())).await;
    ask("GET /analytics/sales?by=month", 1_000, fixed("/analytics/sales?by=month".to_owned())).await;
    ask("GET /analytics/top-products", 1_000, fixed("/analytics/top-products".to_owned())).await;
    ask("GET /analytics/funnel", 100, fixed("/analytics/funnel".to_owned())).await;
}

async fn run(name: &str, times: u64, router: Router, path: Arc<dyn Fn(u64) -> String + Send + Sync>) {
    let started = Instant::now();
    let clients = CLIENTS.min(times / 10);
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let (router, path) = (router.clone(), Arc::clone(&path));
            tokio::spawn(async move {
                let mut bytes = 0;
                for n in 0..times / clients {
                    let uri = format!("/api/v1{}", path(client * times + n));
                    let request = Request::get(uri).body(Body::empty()).expect("a request");
                    let Ok(response) = router.clone().oneshot(request).await;
                    assert!(response.status().as_u16() < 500, "{}", response.status());
                    bytes += response.into_body().collect().await.expect("a body").to_bytes().len();
                    tokio::task::yield_now().await;
                }
                bytes
            })
        })
        .collect();
    let mut bytes = 0;
    for task in tasks {
        bytes += task.await.expect("a client");
    }
    report(name, times / clients * clients, started, bytes as u64);
}

/// What handing each read to a blocking thread would add.
async fn hop(times: u64) {
    let started = Instant::now();
    let client = || {
        tokio::spawn(async move {
            for _ in 0..times / CLIENTS {
                tokio::task::spawn_blocking(|| std::hint::black_box(0)).await.expect("a thread");
            }
        })
    };
    let tasks: Vec<_> = (0..CLIENTS).map(|_| client()).collect();
    for task in tasks {
        task.await.expect("a client");
    }
    report("(an empty spawn_blocking)", times / CLIENTS * CLIENTS, started, 0);
}

fn report(name: &str, times: u64, started: Instant, bytes: u64) {
    let seconds = started.elapsed().as_secs_f64();
    let (rate, each_us) = (times as f64 / seconds, seconds * 1e6 / times as f64);
    println!("{name:<34} {rate:>9.0}/s {each_us:>9.1} us each {:>8} bytes", bytes / times);
}

async fn fill(target: &SqliteTarget, orders: u64) {
    for projection in &ALL {
        let mut stored = target.ensure(projection.view).await.expect("a view").serving;
        for batch in (0..orders).collect::<Vec<_>>().chunks(5_000) {
            let mut changes = Changes::new(projection.view);
            for event in batch.iter().flat_map(|n| events(*n)) {
                let mut rows = Rows::default();
                (projection.project)(&event, &mut rows);
                changes.push(rows);
            }
            let to = Position(2 * (batch[batch.len() - 1] + 1));
            let write = ViewWrite {
                view: projection.view,
                generation: stored.generation,
                believed: stored.position,
                to,
                changes,
                parked: vec![],
                settled: vec![],
            };
            target.write(vec![write]).await.expect("a write");
            stored.position = to;
        }
    }
}

fn id(n: u64) -> OrderId {
    OrderId(Uuid::new_v5(&Uuid::nil(), &n.to_be_bytes()))
}

fn customer(n: u64) -> CustomerId {
    CustomerId(Uuid::new_v5(&Uuid::max(), &n.to_be_bytes()))
}

fn events(n: u64) -> [Recorded<AnyEvent>; 2] {
    let time = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(21_000_000 + n as i64);
    let quantity = Quantity::new(12).expect("a quantity");
    let lines: Vec<Line> = (0..5).map(|line| one_line(n, line, quantity)).collect();
    let shipped = lines.iter().map(|line| ShipmentLine { line: line.line, sku: line.sku.clone(), quantity });
    let requested = Requested { order: id(n), lines: shipped.collect() };
    let placed = Placed {
        customer: Some(customer(n % 4_000)),
        country: orderflow_core::Country::new("United Kingdom").ok(),
        currency: Currency::GBP,
        reference: Some(format!("ref-{n}")),
        payment_token: "tok_approve".to_owned(),
        placed_at: time,
        total: lines.iter().map(|line| line.total).sum(),
        lines,
    };
    let placed = AnyEvent::Order(OrderEvent::Placed(placed));
    let requested = AnyEvent::Shipment(ShipmentEvent::Requested(requested));
    let tenant = Tenant::default();
    [
        recorded(StreamName::new(&tenant, order::CATEGORY, id(n)), 2 * n + 1, time, placed),
        recorded(StreamName::new(&tenant, shipment::CATEGORY, id(n).shipment(1)), 2 * n + 2, time, requested),
    ]
}

fn one_line(n: u64, line: u64, quantity: Quantity) -> Line {
    let unit_price = UnitPrice::new(Decimal::new(295 + line as i64, 2)).expect("a price");
    Line {
        line: line as u32 + 1,
        sku: Sku::new(format!("{}", 20_000 + (n * 7 + line * 131) % 4_600)).expect("a SKU"),
        description: "WHITE HANGING HEART T-LIGHT HOLDER".to_owned(),
        quantity,
        unit_price,
        total: unit_price.times(quantity, Currency::GBP),
    }
}

fn recorded(stream: StreamName, position: u64, time: Timestamp, event: AnyEvent) -> Recorded<AnyEvent> {
    Recorded { position: Position(position), stream, version: Version(1), time, metadata: bytes::Bytes::new(), event }
}
