//! Measures the projector over a real log, and prints the figures as one JSON object: `projector_bench EVENTS.DB`.
//!
//! The views are those of the program, in a file of their own: first followed live from nothing, then rebuilt at once.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use orderflow_core::views;
use orderflow_engine::EventReader;
use orderflow_projector::{AnyTarget, Options, Projector, Selection, SqliteTarget, Verify};
use orderflow_stores::{AnyReader, SqliteOptions, SqliteReader};
use tokio_util::sync::CancellationToken;

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PATIENCE: Duration = Duration::from_secs(600);

fn main() -> anyhow::Result<()> {
    let events = std::env::args_os().nth(1).map(PathBuf::from).context("usage: projector_bench EVENTS.DB")?;
    let directory = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let figures = runtime.block_on(measure(&events, &directory.path().join("views.db")))?;
    println!("{figures:#}");
    Ok(())
}

async fn measure(events: &Path, views: &Path) -> anyhow::Result<serde_json::Value> {
    let reader = AnyReader::from(SqliteReader::open(events, &SqliteOptions::default())?);
    let head = reader.head().await?;
    let target = AnyTarget::from(SqliteTarget::open(views)?);
    let options = Options { rebuild_when_behind: u64::MAX, ..Options::default() };
    let stopping = CancellationToken::new();

    let started = Instant::now();
    let (projector, running) = Projector::start(reader, target, &views::ALL, options, stopping.clone()).await?;
    projector.wait_for(head, PATIENCE).await?;
    let live = started.elapsed();
    let rebuilt = projector.rebuild(Selection::All, Verify::No).await?.took;
    stopping.cancel();
    running.await??;

    let per_s = |took: Duration| head.0 as f64 / took.as_secs_f64();
    Ok(serde_json::json!({ "events": head.0, "live_per_s": per_s(live), "rebuild_per_s": per_s(rebuilt) }))
}
