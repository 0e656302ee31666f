//! Measures commands on the embedded store, and prints the figures as one JSON object: `command_bench [--seconds S]`.
//!
//! Reservations by distinct orders: of one SKU that everybody wants, and of thousands. Every answer is durable. Then
//! the hot stream is replayed from its first event.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta};
use orderflow_commands::Commands;
use orderflow_core::{
    OrderId, Quantity,
    stock::{CATEGORY, Stock, StockCommand},
};
use orderflow_engine::{CommandId, Envelope, FirstLook, Metadata, StreamName, Tenant, Timestamp, Version, replay};
use orderflow_stores::{AnyStore, SqliteOptions, SqliteStore};
use uuid::Uuid;

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CALLERS: u32 = 64;
const SKUS: u32 = 4096;
const REPLAYED: u64 = 100_000;
const HOT: &str = "hot";

#[derive(Clone)]
struct Shop {
    commands: Commands,
    tenant: Tenant,
    actor: Arc<str>,
    /// Numbers the commands, so that no id comes twice.
    next: Arc<AtomicU32>,
}

/// What many callers did, one command after the other each.
struct Run {
    took: Duration,
    latencies: Vec<Duration>,
}

fn main() {
    let seconds = arguments();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let figures = runtime.block_on(measure(directory.path(), Duration::from_secs_f64(seconds)));
    println!("{figures:#}");
}

fn arguments() -> f64 {
    let given: Vec<String> = std::env::args().skip(1).collect();
    match given.as_slice() {
        [] => Some(3.0),
        [name, seconds] if name == "--seconds" => seconds.parse().ok(),
        _ => None,
    }
    .unwrap_or_else(|| {
        eprintln!("usage: command_bench [--seconds S]");
        std::process::exit(2);
    })
}

async fn measure(directory: &Path, round: Duration) -> serde_json::Value {
    let hot_store = open(&directory.join("hot.db"));
    let hot_shop = Shop::new(&hot_store);
    hot_shop.receive(HOT).await;
    let hot = run(&hot_shop, round, |_| HOT.to_owned()).await;

    let store = open(&directory.join("many.db"));
    let shop = Shop::new(&store);
    for number in 0..SKUS {
        shop.receive(&sku(number)).await;
    }
    let many = run(&shop, round, |number| sku(number.wrapping_mul(2_654_435_761) % SKUS)).await;
    store.close().await;

    hot_shop.fill(REPLAYED).await;
    let started = Instant::now();
    let stream = StreamName::new(&hot_shop.tenant, CATEGORY, HOT);
    let replayed = replay::<Stock>(&hot_store, &stream, |_| true).await.expect("replayed");
    let replay_per_s = replayed.version.0 as f64 / started.elapsed().as_secs_f64();
    hot_store.close().await;

    serde_json::json!({
        "hot_per_s": hot.per_s(), "hot_p50_ms": hot.quantile_ms(0.5), "hot_p99_ms": hot.quantile_ms(0.99),
        "many_per_s": many.per_s(), "many_p50_ms": many.quantile_ms(0.5), "many_p99_ms": many.quantile_ms(0.99),
        "replay_per_s": replay_per_s, "replayed_events": replayed.version.0,
    })
}

fn open(path: &Path) -> AnyStore {
    AnyStore::from(SqliteStore::open(path, &SqliteOptions::default()).expect("a store"))
}

fn sku(number: u32) -> String {
    format!("sku-{number}")
}

/// Every caller reserves for one order after the other, until the time is up.
async fn run(shop: &Shop, round: Duration, sku: impl Fn(u32) -> String + Clone + Send + 'static) -> Run {
    let started = Instant::now();
    let until = started + round;
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (shop, sku) = (shop.clone(), sku.clone());
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                let mut before = Instant::now();
                while before < until {
                    let number = shop.number();
                    shop.reserve(&sku(number), number).await;
                    let now = Instant::now();
                    latencies.push(now - before);
                    before = now;
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for caller in callers {
        latencies.extend(caller.await.expect("a caller"));
    }
    let took = started.elapsed();
    latencies.sort_unstable();
    Run { took, latencies }
}

impl Run {
    fn per_s(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    fn quantile_ms(&self, share: f64) -> f64 {
        let index = (self.latencies.len().saturating_sub(1) as f64 * share) as usize;
        self.latencies.get(index).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
    }
}

impl Shop {
    fn new(store: &AnyStore) -> Self {
        let commands = Commands::new(store, 100_000);
        Self { commands, tenant: Tenant::default(), actor: "bench".into(), next: Arc::default() }
    }

    fn number(&self) -> u32 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    async fn receive(&self, sku: &str) {
        let quantity = Quantity::new(Quantity::MAX).expect("the most is allowed");
        self.execute(sku, &StockCommand::Receive { quantity }, self.number()).await;
    }

    async fn reserve(&self, sku: &str, number: u32) -> Version {
        let reserve = StockCommand::Reserve {
            order: OrderId(id(number, "order")),
            quantity: Quantity::new(1).expect("one piece"),
            until: now() + TimeDelta::minutes(15),
            now: now(),
        };
        self.execute(sku, &reserve, number).await
    }

    async fn execute(&self, sku: &str, command: &StockCommand, number: u32) -> Version {
        let envelope = Envelope {
            metadata: Metadata::new(CommandId(id(number, "command")), Arc::clone(&self.actor)),
            time: now(),
            if_version: None,
            first_look: FirstLook::Load,
        };
        let outcome = self.commands.stock.execute(&self.tenant, sku, command, &envelope).await;
        outcome.expect("there is enough of it").version
    }

    /// Reserves of the hot SKU until its stream has so many events.
    async fn fill(&self, events: u64) {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let shop = self.clone();
                tokio::spawn(async move { while shop.reserve(HOT, shop.number()).await.0 < events {} })
            })
            .collect();
        for caller in callers {
            caller.await.expect("a caller");
        }
    }
}

fn id(number: u32, of: &str) -> Uuid {
    Uuid::new_v5(&Uuid::from_u128(u128::from(number)), of.as_bytes())
}

fn now() -> Timestamp {
    DateTime::UNIX_EPOCH
}
