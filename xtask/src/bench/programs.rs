//! The programs that are measured, and that measure: built for release.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use serde_json::Value;

use super::Suite;
use crate::repo;

pub(super) struct Programs {
    release: PathBuf,
}

impl Programs {
    /// Builds what these suites need, with the features that the whole workspace has: each dependency is built once.
    pub(super) fn build(target: &Path, suites: &[Suite]) -> anyhow::Result<Self> {
        let mut targets: Vec<_> = suites.iter().flat_map(|suite| Self::targets(*suite)).collect();
        targets.sort_unstable();
        targets.dedup();
        let mut cargo = repo::cargo();
        cargo.args(["build", "--release", "--workspace"]);
        for (kind, name) in targets {
            cargo.args([kind, name]);
        }
        repo::run(&mut cargo)?;
        Ok(Self { release: target.join("release") })
    }

    fn targets(suite: Suite) -> &'static [(&'static str, &'static str)] {
        match suite {
            // It is measured here, but without any target all there are would be built.
            Suite::Disk => &[("--bin", "xtask")],
            Suite::Store => &[("--example", "store_bench")],
            Suite::Postgres => &[("--example", "postgres_bench")],
            Suite::Commands => &[("--example", "command_bench")],
            Suite::Http => &[("--bin", "orderflow"), ("--bin", "xtask")],
            Suite::Reads => &[("--example", "read_bench")],
            Suite::Views => &[("--bin", "orderflow"), ("--example", "views_bench")],
            Suite::Load => &[("--bin", "orderflow"), ("--example", "projector_bench")],
            Suite::Redis => &[("--example", "redis_bench")],
        }
    }

    pub(super) fn orderflow(&self) -> Command {
        Command::new(self.release.join("orderflow"))
    }

    /// The load generator.
    pub(super) fn drive(&self) -> Command {
        let mut drive = Command::new(self.release.join("xtask"));
        drive.arg("drive");
        drive
    }

    pub(super) fn example(&self, name: &str) -> Command {
        Command::new(self.release.join("examples").join(name))
    }
}

/// What a program prints as one JSON object.
pub(super) fn json(command: &mut Command) -> anyhow::Result<Value> {
    let printed = repo::output(command)?;
    let value: Value = serde_json::from_str(&printed).with_context(|| format!("this is not JSON: {printed}"))?;
    if !value.is_object() {
        bail!("this is not an object: {printed}");
    }
    Ok(value)
}
