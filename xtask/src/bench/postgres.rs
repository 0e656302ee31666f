//! The Postgres store with many writers, beside `pgbench` on the same server.

use super::{Bench, programs, samples::Samples};

pub(super) fn measure(bench: &Bench, samples: &mut Samples) -> anyhow::Result<()> {
    let mut program = bench.programs.example("postgres_bench");
    // Not in a directory of its own: the server's user must be able to reach the one that it makes there.
    program.args(["--rounds", "1", "--seconds", &bench.seconds.to_string()]).env("TMPDIR", &bench.directory);
    samples.add_all("postgres", &programs::json(&mut program)?);
    Ok(())
}
