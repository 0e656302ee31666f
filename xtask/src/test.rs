//! `cargo xtask test`: what has to pass before a change is merged, here as in continuous integration.

use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;

use crate::{
    bench, repo,
    schemas::{self, Mode},
    servers,
    steps::{Steps, Verdict},
    tidy,
};

#[derive(Args)]
pub(crate) struct TestArgs {
    /// Skip clippy and the tests in documentation
    #[arg(long)]
    quick: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    Quick,
    Full,
}

pub(crate) fn run(args: &TestArgs) -> anyhow::Result<()> {
    let mut steps = Steps::new();
    everything(&mut steps, if args.quick { Depth::Quick } else { Depth::Full })?;
    steps.finish()
}

pub(crate) fn run_ci() -> anyhow::Result<()> {
    let mut steps = Steps::new();
    everything(&mut steps, Depth::Full)?;
    steps.run("docs", || {
        let arguments = ["doc", "--workspace", "--no-deps", "--document-private-items"];
        repo::run(repo::cargo().args(arguments).env("RUSTDOCFLAGS", "-D warnings"))
    });
    steps.run("bench", bench::smoke);
    steps.finish()
}

fn everything(steps: &mut Steps, depth: Depth) -> anyhow::Result<()> {
    steps.run("format", || {
        require("fmt", "rustfmt")?;
        repo::run(repo::cargo().args(["fmt", "--all", "--check"])).context("run `cargo fmt --all`")
    });
    steps.run("tidy", tidy::check);
    if depth == Depth::Full {
        steps.run("clippy", || {
            require("clippy", "clippy")?;
            repo::run(repo::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
        });
    }
    let provided = steps.run("servers", servers::provide);
    // Built with the same choice of packages and targets as the tests, so that nothing is compiled twice for them.
    let built = steps.run("build", || repo::run(repo::cargo().args(["build", "--workspace", "--all-targets"])));
    if built != Verdict::Passed {
        steps.skip("tests", "the build failed");
        steps.skip("schemas", "the build failed");
        return Ok(());
    }
    let binary = repo::target_directory()?.join("debug").join(format!("orderflow{}", std::env::consts::EXE_SUFFIX));
    if provided == Verdict::Passed {
        steps.run("tests", || run_tests(depth, &binary));
    } else {
        steps.skip("tests", "they start servers that are missing");
    }
    steps.run("schemas", || schemas::generate(Mode::Check, Some(&binary)));
    Ok(())
}

fn run_tests(depth: Depth, binary: &Path) -> anyhow::Result<()> {
    let mut cargo = repo::cargo();
    cargo.args(["test", "--workspace"]).env("ORDERFLOW_BIN", binary);
    match depth {
        Depth::Quick => cargo.args(["--lib", "--bins", "--tests"]),
        Depth::Full => &mut cargo,
    };
    // Every failing test is wanted, not only those of the first crate that has one.
    repo::run(cargo.arg("--no-fail-fast"))
}

/// Says what is missing where a toolchain was installed without one of its parts.
fn require(subcommand: &str, component: &str) -> anyhow::Result<()> {
    match repo::output(repo::cargo().args([subcommand, "--version"])) {
        Ok(_) => Ok(()),
        Err(error) => bail!("{component} is not installed: run `rustup component add {component}` ({error:#})"),
    }
}
