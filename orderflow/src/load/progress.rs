//! How far it is: bars on a terminal, else a line now and then.

use std::{
    io::IsTerminal,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressStyle};

use super::Progress;

const BETWEEN_LINES: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub(super) enum Screen {
    Bars(MultiProgress),
    Lines,
    Nothing,
}

/// Counts what is done of a phase; many threads may.
#[derive(Debug, Clone)]
pub(super) struct Counter {
    count: Arc<Count>,
    bar: Option<ProgressBar>,
}

#[derive(Debug)]
struct Count {
    done: AtomicU64,
    of: Option<u64>,
    started: Instant,
    /// How long it took until everything was done. A phase may be finished later than that.
    took: OnceLock<Duration>,
}

#[derive(Debug)]
pub(super) struct Phase {
    what: &'static str,
    counter: Counter,
    /// Ends with the phase.
    lines: Option<tokio::task::JoinHandle<()>>,
    says: Says,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Lines,
    NoLines,
}

impl Screen {
    pub(super) fn new(progress: Progress) -> Self {
        match progress {
            Progress::Bar if std::io::stderr().is_terminal() => Self::Bars(MultiProgress::new()),
            Progress::Bar => Self::Lines,
            Progress::Quiet => Self::Nothing,
        }
    }

    /// Begins a phase, with the number of things to do where it is known.
    pub(super) fn phase(&self, what: &'static str, of: Option<u64>) -> Phase {
        let bar = match self {
            Self::Bars(bars) => Some(bars.add(bar(what, of))),
            Self::Lines | Self::Nothing => None,
        };
        let counter = Counter { count: Arc::new(Count::new(of)), bar };
        let (lines, says) = match self {
            Self::Lines => (Some(tokio::spawn(speak(what, Arc::clone(&counter.count)))), Says::Lines),
            Self::Bars(_) | Self::Nothing => (None, Says::NoLines),
        };
        Phase { what, counter, lines, says }
    }
}

impl Count {
    fn new(of: Option<u64>) -> Self {
        Self { done: AtomicU64::new(0), of, started: Instant::now(), took: OnceLock::new() }
    }

    fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    fn note(&self, done: u64) {
        if self.of == Some(done) {
            self.took.get_or_init(|| self.started.elapsed());
        }
    }
}

impl Counter {
    pub(super) fn add(&self, more: u64) {
        self.count.note(self.count.done.fetch_add(more, Ordering::Relaxed) + more);
        if let Some(bar) = &self.bar {
            bar.inc(more);
        }
    }

    /// For what is counted anew each time.
    pub(super) fn set(&self, done: u64) {
        self.count.done.store(done, Ordering::Relaxed);
        self.count.note(done);
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }

    #[cfg(test)]
    pub(super) fn idle() -> Self {
        Self { count: Arc::new(Count::new(None)), bar: None }
    }
}

impl Phase {
    pub(super) fn counter(&self) -> Counter {
        self.counter.clone()
    }

    pub(super) fn finish(self) {
        let count = &self.counter.count;
        if let Some(bar) = &self.counter.bar {
            bar.finish();
        }
        if self.says == Says::Lines {
            let seconds = count.took.get_or_init(|| count.started.elapsed()).as_secs_f64();
            let rate = HumanCount(rate(count.done(), seconds));
            eprintln!("{}: {} in {seconds:.1} s ({rate}/s)", self.what, HumanCount(count.done()));
        }
    }
}

impl Drop for Phase {
    fn drop(&mut self) {
        if let Some(lines) = &self.lines {
            lines.abort();
        }
    }
}

fn bar(what: &'static str, of: Option<u64>) -> ProgressBar {
    let (bar, template) = match of {
        Some(of) => {
            (ProgressBar::new(of), "{msg:<10} {bar:32} {human_pos:>9} of {human_len}  {per_sec:>14}  {eta} left")
        }
        None => (ProgressBar::new_spinner(), "{msg:<10} {spinner} {human_pos}  {per_sec}"),
    };
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what);
    bar
}

/// Falls silent when everything is done.
async fn speak(what: &'static str, count: Arc<Count>) {
    loop {
        tokio::time::sleep(BETWEEN_LINES).await;
        if count.took.get().is_some() {
            return;
        }
        eprintln!("{}", line(what, count.of, count.done(), count.started.elapsed().as_secs_f64()));
    }
}

fn line(what: &str, of: Option<u64>, done: u64, seconds: f64) -> String {
    let rate = rate(done, seconds);
    let (done_so_far, per_second) = (HumanCount(done), HumanCount(rate));
    match of {
        None => format!("{what}: {done_so_far} ({per_second}/s)"),
        Some(of) if rate == 0 => format!("{what}: {done_so_far} of {}", HumanCount(of)),
        Some(of) => {
            let left = of.saturating_sub(done) / rate;
            format!("{what}: {done_so_far} of {} ({per_second}/s, {left} s left)", HumanCount(of))
        }
    }
}

fn rate(done: u64, seconds: f64) -> u64 {
    (done as f64 / seconds.max(0.001)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_rate_and_time_left() {
        assert_eq!(line("orders", Some(20_000), 12_000, 6.0), "orders: 12,000 of 20,000 (2,000/s, 4 s left)");
        assert_eq!(line("orders", Some(20_000), 0, 6.0), "orders: 0 of 20,000");
        assert_eq!(line("rows", None, 500_000, 0.5), "rows: 500,000 (1,000,000/s)");
    }
}
