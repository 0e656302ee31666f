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
    /// Builds what these suites need.
    pub(super) fn build(target: &Path, suites: &[Suite]) -> anyhow::Result<Self> {
        for suite in suites {
            for arguments in Self::builds(*suite) {
                eprintln!("building: {}", arguments.join(" "));
                repo::run(repo::cargo().args(["build", "--release"]).args(*arguments))?;
            }
        }
        Ok(Self { release: target.join("release") })
    }

    fn builds(suite: Suite) -> &'static [&'static [&'static str]] {
        match suite {
            Suite::Disk => &[],
            Suite::Store => &[&["--package", "orderflow-stores", "--example", "store_bench"]],
            Suite::Postgres => &[&["--package", "orderflow-stores", "--example", "postgres_bench"]],
            Suite::Commands => &[&["--package", "orderflow-commands", "--example", "command_bench"]],
            Suite::Http => &[&["--package", "orderflow"], &["--package", "xtask"]],
            Suite::Reads => &[&["--package", "orderflow-read-api", "--example", "read_bench"]],
            Suite::Views => {
                &[&["--package", "orderflow"], &["--package", "orderflow-projector", "--example", "views_bench"]]
            }
            Suite::Load => &[&["--package", "orderflow"], &["--package", "orderflow", "--example", "projector_bench"]],
            Suite::Redis => &[&["--package", "orderflow-projector", "--example", "redis_bench"]],
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
