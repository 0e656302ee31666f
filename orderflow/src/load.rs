//! `orderflow load`: a retailer's real invoices, brought in through the public API.
//!
//! The whole file is read and checked before anything is sent. What is sent carries keys that follow from the file
//! alone, so a second run, or one after a crash, repeats what was done without doing it again. Beside placing orders it
//! plays warehouse and carrier, and it ends when every order of the file has ended or is parked.

mod books;
mod catalogue;
mod client;
mod input;
mod keys;
mod lists;
mod outcome;
mod place;
mod progress;
mod reason;
mod rejects;
mod row;
mod summary;
mod warehouse;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use rust_decimal::Decimal;

pub(crate) use self::summary::Summary;
use self::{books::Books, client::Server, progress::Screen};

/// 500 invoices of a real retailer; `data/README.md` says which, and whose they are.
pub(crate) const SAMPLE: &[u8] = include_bytes!("../data/sample-500.csv.gz");

/// With nothing done for so long, the load stops and says so.
const PATIENCE: Duration = Duration::from_secs(120);
const MOST_CONNECTIONS: usize = 512;

/// Where the invoices come from: CSV, gzipped or not.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    File(PathBuf),
    /// [`SAMPLE`].
    Sample,
}

/// Who is warehouse and carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The load dispatches and delivers the shipments of its orders.
    Yes,
    /// Someone else does; the load ends when every order has its stock and its payment, or was cancelled.
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Bars on a terminal, else a line every few seconds; on standard error.
    Bar,
    Quiet,
}

#[derive(Debug, Clone)]
pub(crate) struct LoadOptions {
    pub(crate) source: Source,
    /// Where to write, and to read unless `read_url` says otherwise: `http://host:port`.
    pub(crate) url: String,
    pub(crate) read_url: Option<String>,
    /// Where to write the summary as JSON.
    pub(crate) summary: Option<PathBuf>,
    /// Where to list the rows that were not loaded, as CSV.
    pub(crate) rejects: Option<PathBuf>,
    /// The part of each product's demand that is received into stock, rounded down to pieces.
    pub(crate) stock_share: Decimal,
    pub(crate) deliver: Delivery,
    /// Requests under way at a time: 1 to 512.
    pub(crate) connections: usize,
    pub(crate) progress: Progress,
}

/// Loads the invoices, and waits until their orders have ended.
///
/// # Errors
///
/// Before anything is sent: when the file cannot be read to its end or is not what it should be, or nothing answers at
/// the URL. Later: when the server refuses something, or nothing moves for two minutes. The same call resumes.
pub(crate) async fn load(options: LoadOptions) -> anyhow::Result<Summary> {
    let started = Instant::now();
    options.check()?;
    let screen = Screen::new(options.progress);
    let books = Arc::new(read(&options, &screen).await?);
    let read_after = started.elapsed();

    let server =
        Arc::new(Server::find(&options.url, options.read_url.as_ref().unwrap_or(&options.url), PATIENCE).await?);
    let customers = catalogue::fill(&server, &books, options.stock_share, options.connections, &screen).await?;
    let filled_after = started.elapsed();
    let placed = place::all(&server, &books, customers, &options, &screen).await?;
    let outcome = outcome::of(&server, &books, placed).await?;

    let summary = Summary::new(&books, outcome, &server, summary::Times { started, read_after, filled_after });
    summary.check()?;
    if let Some(path) = &options.summary {
        write_summary(path, &summary)?;
    }
    Ok(summary)
}

impl LoadOptions {
    fn check(&self) -> anyhow::Result<()> {
        ensure!(
            (1..=MOST_CONNECTIONS).contains(&self.connections),
            "{} connections are not possible: give 1 to {MOST_CONNECTIONS}",
            self.connections
        );
        ensure!(
            !self.stock_share.is_sign_negative() && self.stock_share <= Decimal::ONE_HUNDRED,
            "a stock share of {} is not possible: give a number from 0 to 100, where 1 meets the demand",
            self.stock_share
        );
        // A summary that cannot be written is better found before the load than after it.
        if let Some(path) = &self.summary {
            let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
            opened.with_context(|| format!("the summary {} cannot be written: name another file", path.display()))?;
        }
        Ok(())
    }
}

/// Reads and checks the file, and lists its rejects. It is work for one thread, and not for one that others wait for.
async fn read(options: &LoadOptions, screen: &Screen) -> anyhow::Result<Books> {
    let (source, list) = (options.source.clone(), options.rejects.clone());
    let phase = screen.phase("reading", None);
    let counter = phase.counter();
    let reading = tokio::task::spawn_blocking(move || {
        let books = Books::read(input::open(&source)?, &counter)?;
        if let Some(path) = list {
            rejects::write(&path, &books)?;
        }
        anyhow::Ok(books)
    });
    let books = reading.await.context("reading the file ended before its time")??;
    phase.finish();
    Ok(books)
}

fn write_summary(path: &Path, summary: &Summary) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(summary)?;
    json.push(b'\n');
    std::fs::write(path, json).with_context(|| format!("the summary {} cannot be written", path.display()))
}
