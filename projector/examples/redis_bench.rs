//! Measures the hot views in Redis, and prints the figures as one JSON object: `redis_bench [EVENTS]`.
//!
//! Orders of three lines that are confirmed, and goods that are received; the log is in memory. First the views
//! are followed live from nothing, then rebuilt at once; a pipelined loop of `SET` sends the same documents to the same
//! server.

use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use orderflow_core::{
    AnyEvent, Currency, CustomerId, OrderId, Quantity, Sku, UnitPrice,
    order::{self, Line, OrderEvent, Placed},
    stock::{self, Received, StockEvent},
    views::HOT,
};
use orderflow_engine::{
    Append, EventCodec, EventReader, EventStore, ExpectedVersion, MemoryStore, NewEvent, Position, StreamName, Tenant,
};
use orderflow_projector::{Options, Projector, Recent, RedisOptions, RedisTarget, Selection, Target, Verify};
use orderflow_test_servers::Redis;
use rust_decimal::Decimal;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PATIENCE: Duration = Duration::from_secs(600);
/// For each order, one of stock included.
const EVENTS: u64 = 5;
/// How many orders are under way at any time.
const OPEN: u64 = 500;
const RECENT: &[Recent] = &[Recent { view: "orders", index: "by_customer" }];

fn main() {
    let events = std::env::args().nth(1).and_then(|events| events.parse().ok()).unwrap_or(300_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let figures = runtime.block_on(measure(events));
    println!("{figures:#}");
}

async fn measure(events: u64) -> serde_json::Value {
    let server = Redis::start().expect("a private Redis");
    let store = MemoryStore::new();
    fill(&store, 0, events).await;
    let redis = RedisOptions { recent: RECENT, ..RedisOptions::new(Uuid::new_v4()) };
    let target = RedisTarget::open(&server.url(), &redis).await.expect("a target");
    let options = Options { rebuild_when_behind: u64::MAX, ..Options::default() };
    let shutdown = CancellationToken::new();

    let started = Instant::now();
    let running = Projector::start(store.clone(), target.clone(), &HOT, options, shutdown.clone()).await;
    let (projector, stopped) = running.expect("started");
    projector.wait_for(Position(events), PATIENCE).await.expect("reached");
    let live = started.elapsed();
    let mut visible = Vec::new();
    for n in 0..1_000 {
        fill(&store, events + n, 1).await;
        let started = Instant::now();
        projector.wait_for(store.head().await.expect("readable"), PATIENCE).await.expect("reached");
        visible.push(started.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    visible.sort_unstable_by(f64::total_cmp);
    let rebuilt = projector.rebuild(Selection::All, Verify::No).await.expect("rebuilt");
    shutdown.cancel();
    stopped.await.expect("stopped").expect("not fenced");

    let mut documents: u64 = 0;
    for projection in &HOT {
        let serving = target.ensure(projection.view).await.expect("there").serving.generation;
        documents += target.count(projection.view, serving).await.expect("readable");
    }
    let set = set_loop(&server).await;
    let per_s = |count: u64, took: Duration| count as f64 / took.as_secs_f64();
    serde_json::json!({
        "events": events,
        "documents": documents,
        "set_per_s": set,
        "live_per_s": per_s(events, live),
        "live_documents_per_s": per_s(documents, live),
        "rebuild_per_s": per_s(events, rebuilt.took),
        "rebuild_documents_per_s": per_s(documents, rebuilt.took),
        "visible_p50_ms": visible[500],
        "visible_p99_ms": visible[990],
    })
}

/// The documents that the server holds, sent to it once more under other names.
async fn set_loop(server: &Redis) -> f64 {
    let client = redis::Client::open(server.url()).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("connected");
    let (mut cursor, mut documents) = (0_u64, Vec::new());
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg("orderflow:*:g2:\\[*").arg("COUNT").arg(2_000);
        let (next, names): (u64, Vec<String>) = scan.query_async(&mut connection).await.expect("readable");
        if !names.is_empty() {
            let rows: Vec<Vec<u8>> =
                redis::cmd("MGET").arg(&names).query_async(&mut connection).await.expect("readable");
            documents.extend(names.into_iter().map(|name| format!("set:{name}")).zip(rows));
        }
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    let started = Instant::now();
    for some in documents.chunks(100) {
        let mut pipeline = redis::pipe();
        for (name, row) in some {
            pipeline.set(name, row).ignore();
        }
        pipeline.exec_async(&mut connection).await.expect("written");
    }
    documents.len() as f64 / started.elapsed().as_secs_f64()
}

async fn fill(store: &MemoryStore, from: u64, events: u64) {
    let metadata = Bytes::from(vec![b'm'; 146]);
    for n in from..from + events {
        let (block, within) = (n / (OPEN * EVENTS), n % (OPEN * EVENTS));
        let (stream, event) = event(block * OPEN + within % OPEN, within / OPEN);
        let append = Append {
            stream,
            expected: ExpectedVersion::Any,
            events: vec![NewEvent { kind: event.kind(), data: event.encode().into() }],
            metadata: metadata.clone(),
            time: DateTime::UNIX_EPOCH + Duration::from_secs(n),
        };
        store.submit(append).await.wait().await.expect("appended");
    }
}

fn event(number: u64, step: u64) -> (StreamName, AnyEvent) {
    let id = OrderId(Uuid::new_v5(&Uuid::nil(), &number.to_be_bytes()));
    let order = |event: OrderEvent| (StreamName::new(&Tenant::default(), order::CATEGORY, id), AnyEvent::Order(event));
    match step {
        0 => order(OrderEvent::Placed(placed(number))),
        1 => {
            let received = Received { quantity: Quantity::new(12).expect("a quantity") };
            let stream = StreamName::new(&Tenant::default(), stock::CATEGORY, sku(number));
            (stream, AnyEvent::Stock(StockEvent::Received(received)))
        }
        2 => order(OrderEvent::StockConfirmed(order::StockConfirmed {})),
        3 => order(OrderEvent::PaymentConfirmed(order::PaymentConfirmed {})),
        _ => order(OrderEvent::Confirmed(order::Confirmed {})),
    }
}

fn sku(number: u64) -> Sku {
    Sku::new(format!("{}", 20_000 + number * 131 % 4_600)).expect("a SKU")
}

fn placed(number: u64) -> Placed {
    let quantity = Quantity::new(12).expect("a quantity");
    let unit_price = UnitPrice::new(Decimal::new(295, 2)).expect("a price");
    let line = |line: u64| Line {
        line: line as u32 + 1,
        sku: sku(number + line),
        description: "WHITE HANGING HEART T-LIGHT HOLDER".to_owned(),
        quantity,
        unit_price,
        total: unit_price.times(quantity, Currency::GBP),
    };
    let lines: Vec<Line> = (0..3).map(line).collect();
    Placed {
        customer: Some(CustomerId(Uuid::new_v5(&Uuid::max(), &(number % 4_000).to_be_bytes()))),
        country: orderflow_core::Country::new("United Kingdom").ok(),
        currency: Currency::GBP,
        reference: Some(format!("ref-{number}")),
        payment_token: "tok_approve".to_owned(),
        placed_at: DateTime::UNIX_EPOCH + TimeDelta::minutes(21_000_000 + number.cast_signed()),
        total: lines.iter().map(|line| line.total).sum(),
        lines,
    }
}
