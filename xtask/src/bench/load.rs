//! A retailer's invoices through the whole system, and the log that comes of it through the projector.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, bail};
use serde_json::Value;

use super::{Bench, programs, samples::Samples};
use crate::repo;

/// What any clone has.
pub(super) const SAMPLE: &str = "orderflow/data/sample-500.csv.gz";

pub(super) fn measure(bench: &Bench, samples: &mut Samples) -> anyhow::Result<()> {
    let directory = bench.scratch()?;
    let started = Instant::now();
    let (events, summary) = load(bench, directory.path())?;
    // From the start of the program to its end, when every order is fulfilled and every view has caught up.
    samples.add("load.whole_seconds", started.elapsed().as_secs_f64());
    samples.add_all("load", &summary);

    let mut program = bench.programs.example("projector_bench");
    program.arg(events).env("TMPDIR", directory.path());
    samples.add_all("projector", &programs::json(&mut program)?);
    Ok(())
}

/// Loads the invoices, and gives the file of events and the summary.
pub(super) fn load(bench: &Bench, directory: &Path) -> anyhow::Result<(PathBuf, Value)> {
    if !bench.data_file.is_file() {
        bail!("there is no {}: name the invoices with --data-file", bench.data_file.display());
    }
    let (data, summary) = (directory.join("data"), directory.join("summary.json"));
    let mut program = bench.programs.orderflow();
    program.arg("load").arg(&bench.data_file).arg("--data").arg(&data).arg("--summary").arg(&summary);
    repo::output(program.args(["--log", "warn"]))?;
    let text = std::fs::read_to_string(summary).context("the load wrote no summary")?;
    Ok((data.join("events.db"), serde_json::from_str(&text).context("the summary of the load is not JSON")?))
}
