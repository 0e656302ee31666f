//! What reads cost, and prints the figures as one JSON object: `read_bench [--orders N] [--seconds S]`
//!
//! Fills views with orders of five lines and their shipments, in a file, in a private Postgres, and the hot ones in a
//! private Redis before that Postgres; then asks the same of each through the router, without a socket. Every question
//! is asked for so many seconds by many callers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, http::Request};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::BodyExt;
use orderflow_core::{
    AnyEvent, Currency, CustomerId, OrderId, Quantity, Sku, UnitPrice,
    order::{self, Line, OrderEvent, Placed},
    product::{self, Listed, ProductEvent},
    shipment::{self, Requested, ShipmentEvent, ShipmentLine},
    views::{ALL, HOT},
};
use orderflow_engine::{
    MemoryStore, Position, Projection, Recorded, Rows, Slices, StreamName, Tenant, Timestamp, Version,
    projection::Changes,
};
use orderflow_http::CursorKey;
use orderflow_projector::{
    AnyTarget, Checkpoints, PostgresTarget, Recent, RedisOptions, RedisTarget, SqliteTarget, Target, ViewWrite,
};
use orderflow_read_api::{
    AnyViews, CacheOptions, PostgresOptions, PostgresViews, ReadState, RedisCache, SqliteOptions, SqliteViews, router,
};
use orderflow_stores::AnyStore;
use orderflow_test_servers::{Durability, Postgres, Redis};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use tower::ServiceExt;
use uuid::Uuid;

const CALLERS: u64 = 64;
const BATCH: usize = 5_000;
const RECENT: &[Recent] = &[Recent { view: "orders", index: "by_customer" }];

/// The path of the n-th request.
type Path = Arc<dyn Fn(u64) -> String + Send + Sync>;

fn main() {
    let (orders, seconds) = arguments();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let figures = runtime.block_on(measure(orders, Duration::from_secs_f64(seconds)));
    println!("{:#}", Value::Object(figures));
}

fn arguments() -> (u64, f64) {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let mut values = Some((100_000, 2.0));
    for pair in given.chunks(2) {
        values = match (values, pair) {
            (Some((_, seconds)), [name, value]) if name == "--orders" => value.parse().ok().map(|n| (n, seconds)),
            (Some((orders, _)), [name, value]) if name == "--seconds" => value.parse().ok().map(|s| (orders, s)),
            _ => None,
        };
    }
    values.unwrap_or_else(|| {
        eprintln!("usage: read_bench [--orders N] [--seconds S]");
        std::process::exit(2);
    })
}

async fn measure(orders: u64, round: Duration) -> Map<String, Value> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("views.db");
    let server = Postgres::start(Durability::Real, &["shared_buffers=256MB"]).expect("a private Postgres");
    let url = server.database();
    let file: AnyTarget = SqliteTarget::open(&path).expect("views").into();
    let database: AnyTarget =
        PostgresTarget::open(&url, &orderflow_projector::PostgresOptions::default()).await.expect("views").into();
    let redis = Redis::start().expect("a private Redis");
    let options = RedisOptions { recent: RECENT, ..RedisOptions::new(Uuid::new_v4()) };
    let hot: AnyTarget = RedisTarget::open(&redis.url(), &options).await.expect("a target").into();
    let in_file = || AnyViews::Sqlite(SqliteViews::new(path.clone(), SqliteOptions::default()));
    let in_database = || AnyViews::Postgres(PostgresViews::open(&url, PostgresOptions::default()).expect("a URL"));
    let cache = RedisCache::open(&redis.url(), &CacheOptions::default()).await.expect("a URL");
    let sides = [
        ("sqlite", file, &ALL[..], state(in_file())),
        ("postgres", database, &ALL[..], state(in_database())),
        ("redis", hot, &HOT[..], state(in_database()).with_cache(cache)),
    ];
    let mut figures = Map::new();
    for (side, target, projections, state) in sides {
        let started = Instant::now();
        fill(&target, projections, orders).await;
        eprintln!("{side}: {orders} orders written in {:.1} s", started.elapsed().as_secs_f64());
        if side == "postgres" {
            // What the server would do by itself, some time soon.
            let vacuum = server.tool("vacuumdb").args(["--analyze", "--quiet", "--dbname", &url]).status();
            assert!(vacuum.expect("vacuumdb can be run").success());
        }
        let (router, _) = router(state);
        for (name, path) in questions(orders) {
            if side == "redis" && !["order", "orders_of_customer"].contains(&name) {
                continue;
            }
            let (per_s, p99_ms) = run(&router, round, path).await;
            eprintln!("{side:<9} {name:<22} {per_s:>9.0}/s {p99_ms:>9.2} ms p99");
            figures.insert(format!("{name}_{side}_per_s"), per_s.into());
            figures.insert(format!("{name}_{side}_p99_ms"), p99_ms.into());
        }
    }
    figures
}

fn state(views: AnyViews) -> ReadState {
    ReadState::new(views, AnyStore::from(MemoryStore::new()).reader(), None, CursorKey::random())
}

fn questions(orders: u64) -> Vec<(&'static str, Path)> {
    let fixed = |path: String| -> Path { Arc::new(move |_| path.clone()) };
    let order = move |n: u64| format!("/orders/{}", id(n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % orders));
    let number = id(orders / 2).number();
    vec![
        ("order", Arc::new(order)),
        ("no_order", fixed(format!("/orders/{}", Uuid::nil()))),
        ("orders", fixed("/orders".to_owned())),
        ("orders_of_customer", fixed(format!("/orders?customer={}", customer(7).0))),
        ("orders_by_reference", fixed("/orders?reference=ref-77".to_owned())),
        ("orders_by_number", fixed(format!("/orders?q={number}"))),
        ("orders_by_words", fixed("/orders?q=white+20131".to_owned())),
        ("orders_by_any_word", fixed("/orders?q=white".to_owned())),
        ("products_by_words", fixed("/products?q=heart+4321".to_owned())),
        ("shipments_waiting", fixed("/shipments?status=requested".to_owned())),
        ("shipments", fixed("/shipments".to_owned())),
        ("sales_by_month", fixed("/analytics/sales?by=month".to_owned())),
        ("top_products", fixed("/analytics/top-products".to_owned())),
        ("funnel", fixed("/analytics/funnel".to_owned())),
    ]
}

/// Every caller asks one request after the other, until the time is up. Answers in a second, and the 99th percentile.
async fn run(router: &Router, round: Duration, path: Path) -> (f64, f64) {
    let started = Instant::now();
    let until = started + round;
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (router, path) = (router.clone(), Arc::clone(&path));
            tokio::spawn(async move {
                let mut took = Vec::new();
                for n in (0..).map(|n| n * CALLERS + caller) {
                    let begun = Instant::now();
                    if begun >= until {
                        break;
                    }
                    let uri = format!("/api/v1{}", path(n));
                    let request = Request::get(uri).body(Body::empty()).expect("a request");
                    let Ok(response) = router.clone().oneshot(request).await;
                    // Refused when too many wait for their turn: that is no answer.
                    let answered = response.status().as_u16() < 500;
                    response.into_body().collect().await.expect("a body");
                    if answered {
                        took.push(begun.elapsed());
                    }
                    tokio::task::yield_now().await;
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for caller in callers {
        took.extend(caller.await.expect("a caller"));
    }
    took.sort_unstable();
    let p99 = took.get(took.len() * 99 / 100).copied().unwrap_or(round);
    (took.len() as f64 / started.elapsed().as_secs_f64(), p99.as_secs_f64() * 1e3)
}

async fn fill(target: &AnyTarget, projections: &[Projection<AnyEvent>], orders: u64) {
    let mut checkpoints = Checkpoints::at(Position::START);
    for batch in (0..orders).collect::<Vec<_>>().chunks(BATCH) {
        let events: Vec<_> = batch.iter().flat_map(|n| events(*n)).collect();
        let to = events[events.len() - 1].position;
        let mut writes = Vec::new();
        for projection in projections {
            let mut changes = Changes::new(projection.view);
            for event in &events {
                let mut rows = Rows::default();
                (projection.project)(event, &mut rows);
                changes.push(rows);
            }
            writes.push(ViewWrite {
                view: projection.view,
                generation: target.ensure(projection.view).await.expect("a view").serving.generation,
                slices: Slices::ALL,
                believed: checkpoints.least(),
                to,
                changes,
                parked: vec![],
                settled: vec![],
            });
        }
        target.renew().await.expect("the slices");
        target.write(writes).await.expect("a write");
        checkpoints = Checkpoints::at(to);
    }
}

fn id(n: u64) -> OrderId {
    OrderId(Uuid::new_v5(&Uuid::nil(), &n.to_be_bytes()))
}

fn customer(n: u64) -> CustomerId {
    CustomerId(Uuid::new_v5(&Uuid::max(), &n.to_be_bytes()))
}

/// A product, an order, and its shipment.
fn events(n: u64) -> [Recorded<AnyEvent>; 3] {
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
    let sku = Sku::new(format!("{}", 20_000 + n)).expect("a SKU");
    let listed = Listed {
        sku: sku.clone(),
        description: DESCRIPTIONS[n as usize % DESCRIPTIONS.len()].to_owned(),
        price: UnitPrice::new(Decimal::new(295, 2)).expect("a price"),
        currency: Currency::GBP,
    };
    let listed = AnyEvent::Product(ProductEvent::Listed(listed));
    let placed = AnyEvent::Order(OrderEvent::Placed(placed));
    let requested = AnyEvent::Shipment(ShipmentEvent::Requested(requested));
    let tenant = Tenant::default();
    [
        recorded(StreamName::new(&tenant, product::CATEGORY, sku), 3 * n + 1, time, listed),
        recorded(StreamName::new(&tenant, order::CATEGORY, id(n)), 3 * n + 2, time, placed),
        recorded(StreamName::new(&tenant, shipment::CATEGORY, id(n).shipment(1)), 3 * n + 3, time, requested),
    ]
}

const DESCRIPTIONS: [&str; 6] = [
    "WHITE HANGING HEART T-LIGHT HOLDER",
    "REGENCY CAKESTAND 3 TIER",
    "ASSORTED COLOUR BIRD ORNAMENT",
    "PARTY BUNTING",
    "STRAWBERRY CERAMIC TRINKET BOX",
    "JUMBO STORAGE BAG SUKI",
];

fn one_line(n: u64, line: u64, quantity: Quantity) -> Line {
    let unit_price = UnitPrice::new(Decimal::new(295 + line as i64, 2)).expect("a price");
    Line {
        line: line as u32 + 1,
        sku: Sku::new(format!("{}", 20_000 + (n * 7 + line * 131) % 4_600)).expect("a SKU"),
        description: DESCRIPTIONS[(n * 7 + line) as usize % DESCRIPTIONS.len()].to_owned(),
        quantity,
        unit_price,
        total: unit_price.times(quantity, Currency::GBP),
    }
}

fn recorded(stream: StreamName, position: u64, time: Timestamp, event: AnyEvent) -> Recorded<AnyEvent> {
    Recorded { position: Position(position), stream, version: Version(1), time, metadata: bytes::Bytes::new(), event }
}
