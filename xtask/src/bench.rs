//! `cargo xtask bench`: every speed of the project in one run on one machine, as medians over rounds.
//!
//! The suites take turns, round by round, so that whatever else the machine does meets all of them. Each works in a
//! directory of its own beside the build, because a temporary directory may be in memory and make every sync free.

mod child;
mod commands;
mod disk;
mod load;
mod machine;
mod postgres;
mod programs;
mod reads;
mod redis;
mod report;
mod samples;
mod serve;
mod store;
mod views;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use tempfile::TempDir;

use self::{machine::Machine, programs::Programs, report::Report, samples::Samples};
use crate::repo;

#[derive(Args)]
pub(crate) struct BenchArgs {
    /// One short round: whether everything runs, and the order of magnitude
    #[arg(long)]
    quick: bool,
    /// Only these suites
    #[arg(long, value_enum, value_name = "SUITE")]
    only: Vec<Suite>,
    /// Rounds to take the medians of
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Seconds that each measurement of a rate goes on for
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// The invoices to load, as CSV, gzipped or not [default: the sample in orderflow/data]
    #[arg(long, value_name = "FILE")]
    data_file: Option<PathBuf>,
    /// Write the results as JSON to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Put the table into docs/benchmarks.md, and the results into docs/benchmarks.json
    #[arg(long)]
    write: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Suite {
    /// What the disk can do: append and sync
    Disk,
    /// The SQLite store beside a bare SQLite loop
    Store,
    /// The Postgres store beside pgbench on the same server
    Postgres,
    /// Commands on one hot stream and on many, and replay
    Commands,
    /// Requests over HTTP
    Http,
    /// Reads of the views through the read API, from SQLite, Postgres and Redis
    Reads,
    /// Loading invoices, and projecting the log that comes of it
    Load,
    /// The views that are kept in Redis, beside a pipelined loop of SET
    Redis,
    /// Projecting a log into Postgres, beside a plain COPY
    Views,
}

impl Suite {
    const ALL: [Self; 9] = [
        Self::Disk,
        Self::Store,
        Self::Postgres,
        Self::Commands,
        Self::Http,
        Self::Reads,
        Self::Redis,
        Self::Load,
        Self::Views,
    ];

    fn run(self, bench: &Bench, samples: &mut Samples) -> anyhow::Result<()> {
        match self {
            Self::Disk => disk::measure(bench, samples),
            Self::Store => store::measure(bench, samples),
            Self::Postgres => postgres::measure(bench, samples),
            Self::Commands => commands::measure(bench, samples),
            Self::Http => serve::measure(bench, samples),
            Self::Reads => reads::measure(bench, samples),
            Self::Load => load::measure(bench, samples),
            Self::Redis => redis::measure(bench, samples),
            Self::Views => views::measure(bench, samples),
        }
    }
}

/// What every suite is given.
struct Bench {
    programs: Programs,
    /// Holds the directories of the suites.
    directory: PathBuf,
    seconds: f64,
    data_file: PathBuf,
}

impl Bench {
    /// A directory that is gone afterwards.
    fn scratch(&self) -> anyhow::Result<TempDir> {
        tempfile::tempdir_in(&self.directory).context("cannot make a directory to measure in")
    }
}

pub(crate) fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let (rounds, seconds) = if args.quick { (1, 0.5) } else { (args.rounds.max(1), args.seconds) };
    let suites = if args.only.is_empty() { Suite::ALL.to_vec() } else { args.only.clone() };
    let report = measure(&suites, rounds, seconds, args.data_file.as_deref())?;
    print!("{}", report.markdown());
    let docs = repo::root().join("docs");
    if let Some(path) = &args.out {
        report.write_json(path)?;
    }
    if args.write {
        report.write_json(&docs.join("benchmarks.json"))?;
        report.write_between_markers(&docs.join("benchmarks.md"))?;
    }
    report.failed()
}

/// One short round of everything, to see that it still runs.
pub(crate) fn smoke() -> anyhow::Result<()> {
    let report = measure(&Suite::ALL, 1, 0.2, None)?;
    print!("{}", report.markdown());
    report.failed()
}

fn measure(suites: &[Suite], rounds: u32, seconds: f64, data_file: Option<&Path>) -> anyhow::Result<Report> {
    let target = repo::target_directory()?;
    let directory = target.join("bench");
    std::fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let data_file = match data_file {
        Some(path) => std::path::absolute(path)?,
        None => repo::root().join(load::SAMPLE),
    };
    let bench = Bench { programs: Programs::build(&target, suites)?, directory, seconds, data_file };
    let mut samples = Samples::default();
    let mut failures = Vec::new();
    for round in 1..=rounds {
        for suite in suites {
            let name = format!("{suite:?}").to_lowercase();
            if failures.iter().any(|(failed, _)| *failed == name) {
                continue;
            }
            eprintln!("round {round} of {rounds}: {name}");
            if let Err(error) = suite.run(&bench, &mut samples) {
                eprintln!("error: {name}: {error:#}");
                failures.push((name, format!("{error:#}")));
            }
        }
    }
    Ok(Report { machine: Machine::look(), rounds, seconds, data_file: bench.data_file, samples, failures })
}
