//! The SQLite store with many writers, beside a bare SQLite loop that has nothing to wait for.

use super::{Bench, programs, samples::Samples};

pub(super) fn measure(bench: &Bench, samples: &mut Samples) -> anyhow::Result<()> {
    let directory = bench.scratch()?;
    let mut program = bench.programs.example("store_bench");
    program.args(["--rounds", "1", "--seconds", &bench.seconds.to_string()]).env("TMPDIR", directory.path());
    samples.add_all("store", &programs::json(&mut program)?);
    Ok(())
}
