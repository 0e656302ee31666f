//! Commands without HTTP: on one hot stream, on many, and the replay of a long one.

use super::{Bench, programs, samples::Samples};

pub(super) fn measure(bench: &Bench, samples: &mut Samples) -> anyhow::Result<()> {
    let directory = bench.scratch()?;
    let mut program = bench.programs.example("command_bench");
    program.args(["--seconds", &bench.seconds.to_string()]).env("TMPDIR", directory.path());
    samples.add_all("commands", &programs::json(&mut program)?);
    Ok(())
}
