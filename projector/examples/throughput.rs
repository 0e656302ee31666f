//! How fast views are kept and rebuilt: `cargo run --release -p orderflow-projector --example throughput [EVENTS]`.
//!
//! Orders of five events each, of 50,000 buyers, in three views in an SQLite file; the log is in memory, so that what
//! is measured is decoding, projecting, coalescing and writing.

use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::DateTime;
use orderflow_engine::{
    Append, EventCodec, EventReader, EventStore, ExpectedVersion, MemoryStore, NewEvent, Position, Projection,
    Recorded, Rows, StreamName, View, event_codec,
    projection::{Column, Index, Value},
};
use orderflow_projector::{Options, Projector, Selection, SqliteTarget, Verify};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Serialize, Deserialize)]
struct Line {
    sku: String,
    name: String,
    quantity: i64,
    price_minor: i64,
}
#[derive(Serialize, Deserialize)]
struct Placed {
    buyer: String,
    currency: String,
    lines: Vec<Line>,
    total_minor: i64,
}
#[derive(Serialize, Deserialize)]
struct Paid {
    reference: String,
    amount_minor: i64,
}
#[derive(Serialize, Deserialize)]
struct Moved {
    by: String,
}

enum SaleEvent {
    Placed(Placed),
    Paid(Paid),
    Packed(Moved),
    Shipped(Moved),
    Delivered(Moved),
}
event_codec! {
    SaleEvent {
        Placed(Placed) => "sale.placed.v1",
        Paid(Paid) => "sale.paid.v1",
        Packed(Moved) => "sale.packed.v1",
        Shipped(Moved) => "sale.shipped.v1",
        Delivered(Moved) => "sale.delivered.v1",
    }
}

static SALES: View = View {
    name: "sales",
    version: 1,
    key: &[Column::text("id")],
    columns: &[
        Column::text("buyer"),
        Column::text("status"),
        Column::text("currency"),
        Column::int("total_minor"),
        Column::int("paid_minor"),
        Column::json("lines"),
        Column::int("placed_at"),
        Column::int("changed_at"),
        Column::int("delivered_at").or_null(),
        Column::int("version"),
    ],
    indexes: &[
        Index { name: "by_buyer", columns: &["buyer", "placed_at"], where_present: None },
        Index { name: "by_status", columns: &["status", "placed_at"], where_present: None },
    ],
};
static BUYERS: View = View {
    name: "buyers",
    version: 1,
    key: &[Column::text("buyer")],
    columns: &[Column::int("sales"), Column::int("total_minor"), Column::int("last_at")],
    indexes: &[],
};
static TOTALS: View = View {
    name: "totals",
    version: 1,
    key: &[Column::int("month"), Column::text("status")],
    columns: &[Column::int("sales"), Column::int("total_minor")],
    indexes: &[],
};

fn sales(event: &Recorded<SaleEvent>, rows: &mut Rows) {
    let key = vec![Value::from(event.stream.id())];
    let at = event.time.timestamp_micros();
    let version = i64::try_from(event.version.0).unwrap_or(i64::MAX);
    let moved =
        |status: &str| vec![("status", Value::from(status)), ("changed_at", at.into()), ("version", version.into())];
    match &event.event {
        SaleEvent::Placed(placed) => rows.put(
            key,
            vec![
                ("buyer", placed.buyer.as_str().into()),
                ("status", "placed".into()),
                ("currency", placed.currency.as_str().into()),
                ("total_minor", placed.total_minor.into()),
                ("lines", serde_json::to_string(&placed.lines).unwrap_or_default().into()),
                ("placed_at", at.into()),
                ("changed_at", at.into()),
                ("version", version.into()),
            ],
        ),
        SaleEvent::Paid(paid) => {
            let mut set = moved("paid");
            set.push(("paid_minor", paid.amount_minor.into()));
            rows.patch(key, set);
        }
        SaleEvent::Packed(_) => rows.patch(key, moved("packed")),
        SaleEvent::Shipped(_) => rows.patch(key, moved("shipped")),
        SaleEvent::Delivered(_) => {
            let mut set = moved("delivered");
            set.push(("delivered_at", at.into()));
            rows.patch(key, set);
        }
    }
}

fn buyers(event: &Recorded<SaleEvent>, rows: &mut Rows) {
    if let SaleEvent::Placed(placed) = &event.event {
        rows.add(vec![placed.buyer.as_str().into()], vec![("sales", 1), ("total_minor", placed.total_minor)]);
    }
}

fn totals(event: &Recorded<SaleEvent>, rows: &mut Rows) {
    let (status, total) = match &event.event {
        SaleEvent::Placed(placed) => ("placed", placed.total_minor),
        SaleEvent::Paid(paid) => ("paid", paid.amount_minor),
        SaleEvent::Packed(_) => ("packed", 0),
        SaleEvent::Shipped(_) => ("shipped", 0),
        SaleEvent::Delivered(_) => ("delivered", 0),
    };
    let month = event.time.timestamp() / 2_592_000;
    rows.add(vec![month.into(), status.into()], vec![("sales", 1), ("total_minor", total)]);
}

static PROJECTIONS: [Projection<SaleEvent>; 3] = [
    Projection { view: &SALES, kinds: SaleEvent::KINDS, project: sales },
    Projection { view: &BUYERS, kinds: &["sale.placed.v1"], project: buyers },
    Projection { view: &TOTALS, kinds: SaleEvent::KINDS, project: totals },
];

fn event(sale: u64, step: u64) -> SaleEvent {
    let by = || Moved { by: "warehouse-1".to_owned() };
    match step {
        0 => SaleEvent::Placed(Placed {
            buyer: format!("buyer-{:08}", sale * 7_919 % 50_000),
            currency: "EUR".to_owned(),
            lines: (0..3)
                .map(|line| Line {
                    sku: format!("SKU-{:06}", (sale + line) % 5_000),
                    name: "a thing to be sold".to_owned(),
                    quantity: 2,
                    price_minor: 1_999,
                })
                .collect(),
            total_minor: 11_994,
        }),
        1 => SaleEvent::Paid(Paid { reference: format!("pay-{sale:012}"), amount_minor: 11_994 }),
        2 => SaleEvent::Packed(by()),
        3 => SaleEvent::Shipped(by()),
        _ => SaleEvent::Delivered(by()),
    }
}

/// 500 sales are under way at any time.
async fn fill(store: &MemoryStore, from: u64, events: u64) {
    const OPEN: u64 = 500;
    let metadata = Bytes::from(vec![b'm'; 146]);
    for n in from..from + events {
        let (block, within) = (n / (OPEN * 5), n % (OPEN * 5));
        let (sale, step) = (block * OPEN + within % OPEN, within / OPEN);
        let event = event(sale, step);
        // As random as real ids: rows are not written in the order of their keys.
        let id = uuid::Uuid::from_u128(u128::from(sale).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        let append = Append {
            stream: StreamName::parse(format!("sale-{id}")).expect("a name"),
            expected: ExpectedVersion::Any,
            events: vec![NewEvent { kind: event.kind(), data: event.encode().into() }],
            metadata: metadata.clone(),
            time: DateTime::UNIX_EPOCH + Duration::from_secs(n),
        };
        store.submit(append).await.wait().await.expect("appended");
    }
}

/// The processor time used and bytes written by this process so far: what it takes, whoever else uses the machine.
fn spent() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: u64 = stat.split(' ').skip(13).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let written = io.lines().find_map(|line| line.strip_prefix("wchar: ")?.parse::<u64>().ok()).unwrap_or(0);
    (ticks as f64 / 100.0, written as f64 / 1e6)
}

fn report(what: &str, events: u64, took: Duration, before: (f64, f64)) {
    let (seconds, now) = (took.as_secs_f64(), spent());
    let (rate, cpu, written) = (events as f64 / seconds, now.0 - before.0, now.1 - before.1);
    println!("{what:<26} {events:>8} events {seconds:>6.2} s {rate:>8.0} events/s {cpu:>6.2} s CPU {written:>6.0} MB");
}

#[tokio::main]
async fn main() {
    let events: u64 = std::env::args().nth(1).and_then(|events| events.parse().ok()).unwrap_or(1_000_000);
    let dir = tempfile::tempdir().expect("a directory");
    let store = MemoryStore::new();
    fill(&store, 0, events).await;
    let end = Position(events);
    let long = Duration::from_secs(3_600);
    for (what, rebuild_when_behind) in [("live, from an empty view", u64::MAX), ("first build", 0)] {
        let target = SqliteTarget::open(dir.path().join(format!("{rebuild_when_behind}.db"))).expect("a file");
        let options = Options { rebuild_when_behind, ..Options::default() };
        let shutdown = CancellationToken::new();
        let (started, before) = (Instant::now(), spent());
        let running = Projector::start(store.clone(), target, &PROJECTIONS, options, shutdown.clone()).await;
        let (projector, stopped) = running.expect("started");
        projector.wait_for(end, long).await.expect("reached");
        report(what, events, started.elapsed(), before);
        if rebuild_when_behind > 0 {
            for (what, verify) in [("rebuild", Verify::No), ("rebuild, verified", Verify::Yes)] {
                let before = spent();
                let rebuilt = projector.rebuild(Selection::All, verify).await.expect("rebuilt");
                report(what, events, rebuilt.took, before);
            }
            let mut waits: Vec<Duration> = Vec::new();
            for n in 0..2_000 {
                fill(&store, events + n, 1).await;
                let started = Instant::now();
                projector.wait_for(store.head().await.expect("readable"), long).await.expect("reached");
                waits.push(started.elapsed());
                tokio::time::sleep(Duration::from_micros(500)).await;
            }
            waits.sort();
            println!("one event, from append to visible: p50 {:?}, p99 {:?}", waits[1_000], waits[1_980]);
            let (started, before) = (Instant::now(), spent());
            let more = events / 4;
            fill(&store, events + 2_000, more).await;
            let appended = started.elapsed();
            projector.wait_for(Position(events + 2_000 + more), long).await.expect("reached");
            report("live, beside the appends", more, started.elapsed(), before);
            println!("    of which appending {:.2} s", appended.as_secs_f64());
        }
        shutdown.cancel();
        stopped.await.expect("stopped").expect("not fenced");
    }
}
