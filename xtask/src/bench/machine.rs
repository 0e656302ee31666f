//! The machine that was measured on, because figures without it mean nothing.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::repo;

pub(super) struct Machine {
    pub(super) cores: usize,
    pub(super) processor: String,
    pub(super) kernel: String,
    pub(super) rustc: String,
    /// The commit that was measured, with a `+` when the tree had changes.
    pub(super) commit: String,
}

impl Machine {
    pub(super) fn look() -> Self {
        let unknown = || "unknown".to_owned();
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: processor().unwrap_or_else(unknown),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .map_or_else(|_| std::env::consts::OS.to_owned(), |release| format!("Linux {}", release.trim())),
            rustc: said(Command::new("rustc").arg("--version")).unwrap_or_else(unknown),
            commit: commit().unwrap_or_else(unknown),
        }
    }

    pub(super) fn json(&self) -> Value {
        let Self { cores, processor, kernel, rustc, commit } = self;
        json!({"cores": cores, "processor": processor, "kernel": kernel, "rustc": rustc, "commit": commit})
    }
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn commit() -> Option<String> {
    let git = |arguments: &[&str]| said(Command::new("git").current_dir(repo::root()).args(arguments));
    let commit = git(&["rev-parse", "--short=10", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| !changes.is_empty());
    Some(if changed { commit + "+" } else { commit })
}

fn said(command: &mut Command) -> Option<String> {
    repo::output(command).ok().map(|text| text.trim().to_owned())
}
