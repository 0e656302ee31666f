//! A retailer's invoices through the whole system, and the log that comes of it through the projector.

use std::{path::Path, time::Instant};

use anyhow::{Context, bail};
use serde_json::Value;

use super::{Bench, programs, samples::Samples};
use crate::repo;

/// What any clone has.
pub(super) const SAMPLE: &str = "orderflow/data/sample-500.csv.gz";

pub(super) fn measure(bench: &Bench, samples: &mut Samples) -> anyhow::Result<()> {
    if !bench.data_file.is_file() {
        bail!("there is no {}: name the invoices with --data-file", bench.data_file.display());
    }
    let directory = bench.scratch()?;
    let data = directory.path().join("data");
    let summary = load(bench, &data, &directory.path().join("summary.json"), samples)?;
    samples.add_all("load", &summary);

    let mut program = bench.programs.example("projector_bench");
    program.arg(data.join("events.db")).env("TMPDIR", directory.path());
    samples.add_all("projector", &programs::json(&mut program)?);
    Ok(())
}

fn load(bench: &Bench, data: &Path, summary: &Path, samples: &mut Samples) -> anyhow::Result<Value> {
    let mut program = bench.programs.orderflow();
    program.arg("load").arg(&bench.data_file).arg("--data").arg(data).arg("--summary").arg(summary);
    let started = Instant::now();
    repo::output(program.args(["--log", "warn"]))?;
    // From the start of the program to its end, when every order is fulfilled and every view has caught up.
    samples.add("load.whole_seconds", started.elapsed().as_secs_f64());
    let text = std::fs::read_to_string(summary).context("the load wrote no summary")?;
    serde_json::from_str(&text).context("the summary of the load is not JSON")
}
