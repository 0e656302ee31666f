//! The hot views in a private Redis, beside a loop that has nothing to do but to send the same documents.

use super::{Bench, programs, samples::Samples};

pub(super) fn measure(bench: &Bench, samples: &mut Samples) -> anyhow::Result<()> {
    // As many events as take about as long as the other measurements.
    let events = (bench.seconds * 100_000.0) as u64;
    let mut program = bench.programs.example("redis_bench");
    program.arg(events.max(20_000).to_string());
    samples.add_all("redis", &programs::json(&mut program)?);
    Ok(())
}
