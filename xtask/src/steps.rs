//! Steps that are run one after the other, each with a heading and its time.

use std::time::{Duration, Instant};

use anyhow::bail;

pub(crate) struct Steps {
    started: Instant,
    ended: Vec<Ended>,
}

struct Ended {
    name: &'static str,
    took: Duration,
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed,
    Skipped,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), ended: Vec::new() }
    }

    /// Runs a step. A failure is shown at once and does not keep the later steps from running.
    pub(crate) fn run(&mut self, name: &'static str, step: impl FnOnce() -> anyhow::Result<()>) -> Verdict {
        eprintln!("\n=== {name}");
        let started = Instant::now();
        let verdict = match step() {
            Ok(()) => Verdict::Passed,
            Err(error) => {
                eprintln!("error: {error:#}");
                Verdict::Failed
            }
        };
        let took = started.elapsed();
        eprintln!("=== {name}: {} in {:.1} s", verdict.text(), took.as_secs_f64());
        self.ended.push(Ended { name, took, verdict });
        verdict
    }

    /// Leaves out a step that could not succeed.
    pub(crate) fn skip(&mut self, name: &'static str, why: &str) {
        eprintln!("\n=== {name}: skipped, because {why}");
        self.ended.push(Ended { name, took: Duration::ZERO, verdict: Verdict::Skipped });
    }

    /// Prints what came of each step, and fails with the names of those that failed.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        eprintln!();
        for Ended { name, took, verdict } in &self.ended {
            eprintln!("{name:<12} {:<8} {:>7.1} s", verdict.text(), took.as_secs_f64());
        }
        eprintln!("{:<12} {:<8} {:>7.1} s", "all", "", self.started.elapsed().as_secs_f64());
        let not_passed: Vec<_> =
            self.ended.iter().filter(|step| step.verdict != Verdict::Passed).map(|step| step.name).collect();
        if !not_passed.is_empty() {
            bail!("not passed: {}", not_passed.join(", "));
        }
        Ok(())
    }
}

impl Verdict {
    fn text(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::Skipped => "skipped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_is_named_at_the_end_and_the_others_are_run() {
        let mut steps = Steps::new();
        assert_eq!(steps.run("first", || bail!("broken")), Verdict::Failed);
        assert_eq!(steps.run("second", || Ok(())), Verdict::Passed);
        steps.skip("third", "the first failed");
        assert_eq!(steps.finish().unwrap_err().to_string(), "not passed: first, third");
    }

    #[test]
    fn nothing_is_said_when_all_steps_pass() {
        let mut steps = Steps::new();
        steps.run("only", || Ok(()));
        assert!(steps.finish().is_ok());
    }
}
