//! Measures the projector into Postgres, and prints the figures as one JSON object: `views_bench EVENTS.DB`.
//!
//! The log is a real one, repeated for one tenant after another until it is long enough, and held in memory. The views
//! are those of the program, on a private server as it comes: first followed live from nothing, then rebuilt, and at
//! last their rows are copied into tables without indexes, which is the most that the server can do.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use futures::TryStreamExt;
use orderflow_core::{AnyEvent, views};
use orderflow_engine::{
    Append, EventCodec, EventReader, EventStore, ExpectedVersion, MemoryStore, NewEvent, Position, RawEvent,
    StreamName, Tenant, Wanted,
};
use orderflow_projector::{Options, PostgresOptions, PostgresTarget, Projector, Selection, Verify};
use orderflow_stores::{SqliteOptions, SqliteReader};
use orderflow_test_servers::{Durability, Postgres};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio_util::sync::CancellationToken;

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A shorter log says more about beginning and ending than about what is in between.
const EVENTS: usize = 300_000;
const PATIENCE: Duration = Duration::from_secs(600);
const PAGE: usize = 4_096;

fn main() -> anyhow::Result<()> {
    let events = std::env::args_os().nth(1).map(PathBuf::from).context("usage: views_bench EVENTS.DB")?;
    let server = Postgres::start(Durability::Real, &[])?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let figures = runtime.block_on(measure(&events, &server.database()))?;
    println!("{figures:#}");
    Ok(())
}

async fn measure(events: &Path, url: &str) -> anyhow::Result<serde_json::Value> {
    let store = repeated(&SqliteReader::open(events, &SqliteOptions::default())?).await?;
    let head = store.head().await?;
    let target = PostgresTarget::open(url, &PostgresOptions::default()).await?;
    let options = Options { rebuild_when_behind: u64::MAX, ..Options::default() };
    let stopping = CancellationToken::new();

    let started = Instant::now();
    let running = Projector::start(store, target, &views::ALL, options, stopping.clone()).await?;
    let (projector, running) = running;
    projector.wait_for(head, PATIENCE).await?;
    let live = started.elapsed();
    let rebuilt = projector.rebuild(Selection::All, Verify::No).await?;
    stopping.cancel();
    running.await??;
    let rows: u64 = rebuilt.views.iter().map(|view| view.rows).sum();
    let copied = copy(url).await?;

    let per_s = |events: u64, took: Duration| events as f64 / took.as_secs_f64();
    Ok(serde_json::json!({
        "events": head.0,
        "rows": rows,
        "live_per_s": per_s(head.0, live),
        "rebuild_per_s": per_s(head.0, rebuilt.took),
        "copy_per_s": per_s(head.0, copied),
        "copy_rows_per_s": per_s(rows, copied),
    }))
}

/// The events of a log, in memory, several times over.
async fn repeated(reader: &SqliteReader) -> anyhow::Result<MemoryStore> {
    let mut events = Vec::new();
    let mut after = Position::START;
    loop {
        let page = reader.read_all(after, PAGE, &Wanted::ALL).await?;
        if page.through <= after {
            break;
        }
        after = page.through;
        events.extend(page.events);
    }
    anyhow::ensure!(!events.is_empty(), "the log is empty");
    let store = MemoryStore::new();
    for copy in 0..EVENTS.div_ceil(events.len()) {
        let tenant = Tenant::new(format!("tenant-{copy}"))?;
        for event in &events {
            store.submit(of(event, &tenant)?).await.wait().await?;
        }
    }
    Ok(store)
}

/// An event as if it had been another tenant's.
fn of(event: &RawEvent, tenant: &Tenant) -> anyhow::Result<Append> {
    let kind = AnyEvent::KINDS.iter().find(|kind| **kind == &*event.kind);
    let kind = kind.with_context(|| format!("an event of the unknown kind '{}'", event.kind))?;
    let name = format!("{}-{}@{tenant}", event.stream.category(), event.stream.id());
    Ok(Append {
        stream: StreamName::parse(name)?,
        expected: ExpectedVersion::Any,
        events: vec![NewEvent { kind, data: event.data.clone() }],
        metadata: event.metadata.clone(),
        time: event.time,
    })
}

/// How long it takes to copy the rows of all views into tables of their own.
async fn copy(url: &str) -> anyhow::Result<Duration> {
    let mut connection = PgConnection::connect(url).await?;
    let mut took = Duration::ZERO;
    for projection in &views::ALL {
        let name = projection.view.name;
        let out = format!("COPY (SELECT * FROM orderflow_views.\"{name}\") TO STDOUT BINARY");
        let rows: Vec<_> = connection.copy_out_raw(&out).await?.try_collect().await?;
        let create = format!("CREATE TABLE copied_{name} AS SELECT * FROM orderflow_views.\"{name}\" LIMIT 0");
        connection.execute(AssertSqlSafe(create)).await?;
        let started = Instant::now();
        let mut copying = connection.copy_in_raw(&format!("COPY copied_{name} FROM STDIN BINARY")).await?;
        for rows in rows.chunks(PAGE) {
            copying.send(rows.concat()).await?;
        }
        copying.finish().await?;
        took += started.elapsed();
    }
    Ok(took)
}
