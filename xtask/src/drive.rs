//! A load generator, run by `bench` as a process of its own: a small HTTP/1.1 client that costs little, because the
//! server that it measures has to share the machine with it.

mod answer;
mod confirm;
mod jobs;
mod pool;
mod spread;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use self::{
    jobs::{GetOrders, PlaceOrders, SetUp},
    pool::{End, Report},
};

#[derive(Args)]
pub(crate) struct DriveArgs {
    #[arg(long, global = true, default_value = "127.0.0.1:8080")]
    address: SocketAddr,
    /// Requests under way at a time, each on a connection of its own
    #[arg(long, global = true, default_value_t = 64)]
    connections: usize,
    /// How many products there are
    #[arg(long, global = true, default_value_t = 4096)]
    products: u32,
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// List products and receive stock of each
    SetUp,
    /// Place orders for so many seconds, or so many of them
    Place {
        /// Order lines
        #[arg(long, default_value_t = 1)]
        lines: u32,
        #[arg(long, default_value_t = 5.0)]
        seconds: f64,
        #[arg(long)]
        count: Option<u64>,
        /// Write the ids of the orders to this file, one a line
        #[arg(long)]
        ids: Option<PathBuf>,
    },
    /// Read orders by their ids
    Get {
        #[arg(long)]
        ids: PathBuf,
        #[arg(long, default_value_t = 5.0)]
        seconds: f64,
    },
    /// Place one order after the other, and watch each until it is confirmed
    Confirm {
        #[arg(long, default_value_t = 100)]
        count: u32,
    },
    /// Wait until every order of a file is confirmed or further
    Settle {
        #[arg(long)]
        ids: PathBuf,
    },
}

pub(crate) fn run(args: &DriveArgs) -> anyhow::Result<()> {
    let &DriveArgs { address, connections, products, ref work } = args;
    let printed = match work {
        Work::SetUp => {
            let report = pool::run(address, connections, &End::WithJob, &mut SetUp::new(products))?;
            summary(&report)
        }
        Work::Place { lines, seconds, count, ids } => {
            let end = match count {
                Some(_) => End::WithJob,
                None => End::After(Duration::from_secs_f64(*seconds)),
            };
            let mut job = PlaceOrders::new(products, *lines, count.unwrap_or(u64::MAX));
            let report = pool::run(address, connections, &end, &mut job)?;
            if let Some(path) = ids {
                std::fs::write(path, job.placed().join("\n"))
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
            summary(&report)
        }
        Work::Get { ids, seconds } => {
            let mut job = GetOrders::new(read_ids(ids)?);
            summary(&pool::run(address, connections, &End::After(Duration::from_secs_f64(*seconds)), &mut job)?)
        }
        Work::Confirm { count } => {
            let mut took = confirm::measure(address, products, *count)?;
            let (p50, p99, max) =
                (spread::quantile(&mut took, 0.5), spread::quantile(&mut took, 0.99), spread::quantile(&mut took, 1.0));
            json!({"count": count, "p50_ms": ms(p50), "p99_ms": ms(p99), "max_ms": ms(max)})
        }
        Work::Settle { ids } => json!({"seconds": confirm::settle(address, &read_ids(ids)?)?.as_secs_f64()}),
    };
    println!("{printed}");
    Ok(())
}

fn summary(report: &Report) -> serde_json::Value {
    let mut took = report.took_us.clone();
    let (p50, p99, max) =
        (spread::quantile(&mut took, 0.5), spread::quantile(&mut took, 0.99), spread::quantile(&mut took, 1.0));
    let seconds = report.elapsed.as_secs_f64();
    json!({
        "requests": report.took_us.len(),
        "seconds": seconds,
        "per_s": report.took_us.len() as f64 / seconds,
        "p50_ms": ms(p50),
        "p99_ms": ms(p99),
        "max_ms": ms(max),
    })
}

fn ms(us: u32) -> f64 {
    f64::from(us) / 1000.0
}

fn read_ids(path: &Path) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}
