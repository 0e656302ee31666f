//! The project's chores: `cargo xtask test | tidy | schemas | bench | ci`.

mod bench;
mod drive;
mod repo;
mod schemas;
mod servers;
mod steps;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The chores of the Orderflow repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run everything that has to pass before a change is merged
    Test(test::TestArgs),
    /// Check the customs that neither the compiler nor clippy knows
    Tidy(tidy::TidyArgs),
    /// Write the JSON Schemas of the events and the OpenAPI documents
    Schemas(schemas::SchemasArgs),
    /// Measure, and print the table of docs/benchmarks.md
    Bench(bench::BenchArgs),
    /// Run what `test` runs, build the documentation, and see that the benchmark still runs
    Ci,
    /// Send requests to a server, for `bench`
    #[command(hide = true)]
    Drive(drive::DriveArgs),
}

fn main() -> ExitCode {
    let done = match Cli::parse().chore {
        Chore::Test(args) => test::run(&args),
        Chore::Tidy(args) => tidy::run(&args),
        Chore::Schemas(args) => schemas::run(&args),
        Chore::Bench(args) => bench::run(&args),
        Chore::Ci => test::run_ci(),
        Chore::Drive(args) => drive::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
