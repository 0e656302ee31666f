//! Reads of the views, without HTTP: from SQLite, Postgres and Redis, the same questions in the same run.

use super::{Bench, programs, samples::Samples};

/// Enough that an index shows.
const ORDERS: u32 = 20_000;

pub(super) fn measure(bench: &Bench, samples: &mut Samples) -> anyhow::Result<()> {
    let directory = bench.scratch()?;
    let mut program = bench.programs.example("read_bench");
    // There are many questions: each has a part of the time.
    let seconds = (bench.seconds / 4.0).to_string();
    program.args(["--orders", &ORDERS.to_string(), "--seconds", &seconds]).env("TMPDIR", directory.path());
    samples.add_all("reads", &programs::json(&mut program)?);
    Ok(())
}
