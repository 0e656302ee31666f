//! The views in Postgres: followed live and built anew, beside a plain copy of their rows.

use super::{Bench, load, programs, samples::Samples};

pub(super) fn measure(bench: &Bench, samples: &mut Samples) -> anyhow::Result<()> {
    let directory = bench.scratch()?;
    let (events, _) = load::load(bench, directory.path())?;
    // The server is another user's, who cannot reach the directory: it has one of its own.
    samples.add_all("views", &programs::json(bench.programs.example("views_bench").arg(events))?);
    Ok(())
}
