//! The table, and the JSON that holds every sample.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde_json::{Map, Value, json};

use super::{
    machine::Machine,
    samples::{Samples, Spread},
};

const BEGIN: &str = "<!-- bench: begin -->";
const END: &str = "<!-- bench: end -->";

pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) rounds: u32,
    pub(super) seconds: f64,
    pub(super) data_file: PathBuf,
    pub(super) samples: Samples,
    /// The suites that could not be measured, and why.
    pub(super) failures: Vec<(String, String)>,
}

/// A line of the table.
struct Row {
    label: &'static str,
    sample: &'static str,
    unit: Unit,
    aim: &'static str,
    ambition: &'static str,
}

#[derive(Clone, Copy)]
enum Unit {
    PerSecond,
    Milliseconds,
    Seconds,
    Count,
    Ratio,
}

const fn row(label: &'static str, sample: &'static str, unit: Unit) -> Row {
    Row { label, sample, unit, aim: "", ambition: "" }
}

const fn goal(label: &'static str, sample: &'static str, unit: Unit, aim: &'static str, ambition: &'static str) -> Row {
    Row { label, sample, unit, aim, ambition }
}

use Unit::{Count, Milliseconds, PerSecond, Ratio, Seconds};

#[rustfmt::skip]
const ROWS: &[(&str, &[Row])] = &[
    ("Disk", &[
        row("append 4 KiB and fdatasync", "disk.syncs_per_s", PerSecond),
    ]),
    ("SQLite store, durable appends of one event", &[
        row("bare SQLite loop, 1 event a transaction", "store.bare_1_per_s", PerSecond),
        row("bare SQLite loop, 16 events a transaction", "store.bare_16_per_s", PerSecond),
        row("bare SQLite loop, 64 events a transaction", "store.bare_64_per_s", PerSecond),
        row("bare SQLite loop, 100 events a transaction", "store.bare_100_per_s", PerSecond),
        row("bare SQLite loop, 256 events a transaction", "store.bare_256_per_s", PerSecond),
        row("1 writer", "store.writers_1_per_s", PerSecond),
        row("16 writers", "store.writers_16_per_s", PerSecond),
        row("64 writers", "store.writers_64_per_s", PerSecond),
        row("256 writers", "store.writers_256_per_s", PerSecond),
        row("256 writers, p50", "store.writers_256_p50_ms", Milliseconds),
        row("256 writers, p99", "store.writers_256_p99_ms", Milliseconds),
        goal("256 writers, beside the bare loop of 100", "store.ratio_256_to_bare", Ratio, "≥ 0.7", "≥ 1.0"),
        row("256 writers, a new stream each time", "store.writers_256_new_streams_per_s", PerSecond),
        row("scan of the log", "store.scan_per_s", PerSecond),
        row("reads of a stream", "store.stream_reads_per_s", PerSecond),
    ]),
    ("Postgres store, durable appends of one event", &[
        row("pgbench, 1 insert a transaction, 1 client", "postgres.pgbench_1_per_s", PerSecond),
        row("pgbench, 1 insert a transaction, 64 clients", "postgres.pgbench_64_per_s", PerSecond),
        row("1 writer", "postgres.writers_1_per_s", PerSecond),
        row("16 writers", "postgres.writers_16_per_s", PerSecond),
        row("64 writers", "postgres.writers_64_per_s", PerSecond),
        row("64 writers, p50", "postgres.writers_64_p50_ms", Milliseconds),
        row("64 writers, p99", "postgres.writers_64_p99_ms", Milliseconds),
        goal("64 writers, beside pgbench with 1 client", "postgres.ratio_64_to_pgbench_1", Ratio, "≥ 10", ""),
        row("256 writers", "postgres.writers_256_per_s", PerSecond),
        row("64 writers, a new stream each time", "postgres.writers_64_new_streams_per_s", PerSecond),
        row("scan of the log", "postgres.scan_per_s", PerSecond),
        row("reads of a stream", "postgres.stream_reads_per_s", PerSecond),
    ]),
    ("Commands, durable, 64 callers", &[
        goal("one hot stock item", "commands.hot_per_s", PerSecond, "10,000", "25,000"),
        row("one hot stock item, p50", "commands.hot_p50_ms", Milliseconds),
        row("one hot stock item, p99", "commands.hot_p99_ms", Milliseconds),
        row("4,096 stock items", "commands.many_per_s", PerSecond),
        row("4,096 stock items, p99", "commands.many_p99_ms", Milliseconds),
        row("replay of a stream of 100,000 events", "commands.replay_per_s", PerSecond),
    ]),
    ("HTTP, 64 connections, generator beside the server", &[
        goal("place an order of 1 line", "http.place_1_line.per_s", PerSecond, "8,000", "15,000"),
        row("… p50", "http.place_1_line.p50_ms", Milliseconds),
        goal("… p99", "http.place_1_line.p99_ms", Milliseconds, "< 50", ""),
        row("place an order of 3 lines", "http.place_3_lines.per_s", PerSecond),
        row("… p99", "http.place_3_lines.p99_ms", Milliseconds),
        goal("read an order", "http.get_order.per_s", PerSecond, "20,000", "50,000"),
        row("… p50", "http.get_order.p50_ms", Milliseconds),
        row("… p99", "http.get_order.p99_ms", Milliseconds),
        goal("order sent → seen confirmed, idle system, p50", "http.confirm.p50_ms", Milliseconds, "< 50", "< 15"),
        row("… p99", "http.confirm.p99_ms", Milliseconds),
        row("orders placed and confirmed, 2,000 at once", "http.fulfilled_per_s", PerSecond),
    ]),
    ("Reads of the views, 64 callers, 20,000 orders, without HTTP", &[
        row("an order by id, SQLite", "reads.order_sqlite_per_s", PerSecond),
        row("an order by id, Postgres", "reads.order_postgres_per_s", PerSecond),
        row("… p99", "reads.order_postgres_p99_ms", Milliseconds),
        row("an order by id, Redis before Postgres", "reads.order_redis_per_s", PerSecond),
        row("… p99", "reads.order_redis_p99_ms", Milliseconds),
        row("newest orders, SQLite", "reads.orders_sqlite_per_s", PerSecond),
        row("newest orders, Postgres", "reads.orders_postgres_per_s", PerSecond),
        row("a customer's newest orders, Postgres", "reads.orders_of_customer_postgres_per_s", PerSecond),
        row("a customer's newest orders, Redis before Postgres", "reads.orders_of_customer_redis_per_s", PerSecond),
        row("orders by two words, SQLite", "reads.orders_by_words_sqlite_per_s", PerSecond),
        row("orders by two words, Postgres", "reads.orders_by_words_postgres_per_s", PerSecond),
    ]),
    ("Projector, over the loaded log", &[
        goal("live, events", "projector.live_per_s", PerSecond, "80,000", "180,000"),
        goal("rebuild of all views, events", "projector.rebuild_per_s", PerSecond, "200,000", "500,000"),
        row("events in the log", "projector.events", Count),
    ]),
    ("Views in Redis: orders, their lines, stock", &[
        row("SET of the same documents, 100 at a time", "redis.set_per_s", PerSecond),
        row("documents", "redis.documents", Count),
        row("live, events", "redis.live_per_s", PerSecond),
        row("live, documents written", "redis.live_documents_per_s", PerSecond),
        row("rebuild, events", "redis.rebuild_per_s", PerSecond),
        row("rebuild, documents written", "redis.rebuild_documents_per_s", PerSecond),
        row("one event, from append to visible, p50", "redis.visible_p50_ms", Milliseconds),
        row("… p99", "redis.visible_p99_ms", Milliseconds),
    ]),
    ("Projector into Postgres, over the loaded log repeated", &[
        row("plain COPY of the rows, events", "views.copy_per_s", PerSecond),
        row("plain COPY of the rows, rows", "views.copy_rows_per_s", PerSecond),
        goal("live, events", "views.live_per_s", PerSecond, "40,000", ""),
        goal("rebuild of all views, events", "views.rebuild_per_s", PerSecond, "100,000", ""),
        row("events in the log", "views.events", Count),
        row("rows in the views", "views.rows", Count),
    ]),
    ("Load", &[
        goal("loaded, fulfilled, projected", "load.whole_seconds", Seconds, "< 120 for the year", "< 30"),
        row("orders", "load.orders", Count),
        row("order lines", "load.lines", Count),
    ]),
];

impl Report {
    pub(super) fn markdown(&self) -> String {
        let Self { machine, rounds, seconds, data_file, samples, failures } = self;
        let Machine { cores, processor, kernel, rustc, commit } = machine;
        let data = data_file.file_name().unwrap_or_default().to_string_lossy();
        let mut text = String::new();
        let mut say = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        say(format!("Medians of {rounds} rounds, {seconds} s for each rate, loading `{data}`;"));
        say(format!("commit {commit}, {rustc}, {cores} cores ({processor}), {kernel}."));
        say(format!("Measured by `cargo xtask bench --rounds {rounds} --seconds {seconds} --data-file <{data}>`."));
        for (section, rows) in ROWS {
            let measured: Vec<_> =
                rows.iter().filter_map(|row| samples.spread(row.sample).map(|spread| (row, spread))).collect();
            if measured.is_empty() {
                continue;
            }
            say(format!("\n| {section} | median | least to most | aim | ambition |"));
            say("|---|--:|--:|--:|--:|".to_owned());
            for (Row { label, unit, aim, ambition, .. }, Spread { median, least, most }) in measured {
                let spread =
                    if *rounds > 1 { format!("{} to {}", unit.show(least), unit.show(most)) } else { String::new() };
                say(format!("| {label} | {}{} | {spread} | {aim} | {ambition} |", unit.show(median), unit.suffix()));
            }
        }
        for (suite, why) in failures {
            say(format!("\nNot measured: {suite}, because {why}."));
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        let measured: Map<String, Value> = self
            .samples
            .iter()
            .map(|(name, values)| {
                let median = self.samples.spread(name).map(|spread| spread.median);
                (name.to_owned(), json!({"median": median, "samples": values}))
            })
            .collect();
        json!({
            "machine": self.machine.json(),
            "rounds": self.rounds,
            "seconds": self.seconds,
            "data_file": self.data_file.file_name().map(|name| name.to_string_lossy()),
            "measurements": measured,
        })
    }

    pub(super) fn write_json(&self, path: &Path) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(&self.json())?;
        writeln!(text)?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Replaces what stands between the markers of a document.
    pub(super) fn write_between_markers(&self, path: &Path) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let Some(text) = between_markers(&text, &self.markdown()) else {
            bail!("{} has no lines `{BEGIN}` and `{END}` to put the table between", path.display());
        };
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    pub(super) fn failed(&self) -> anyhow::Result<()> {
        if !self.failures.is_empty() {
            let names: Vec<_> = self.failures.iter().map(|(suite, _)| suite.as_str()).collect();
            bail!("not measured: {}", names.join(", "));
        }
        Ok(())
    }
}

fn between_markers(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            PerSecond | Count => thousands(value),
            Milliseconds if value < 1.0 => format!("{value:.3}"),
            Milliseconds | Seconds => format!("{value:.1}"),
            Ratio => format!("{value:.2}"),
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            PerSecond => "/s",
            Milliseconds => " ms",
            Seconds => " s",
            Count | Ratio => "",
        }
    }
}

/// A whole number, grouped by thousands.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut samples = Samples::default();
        for value in [8123.4, 9000.0, 10_123.6] {
            samples.add("http.place_1_line.per_s", value);
        }
        samples.add("http.place_1_line.p99_ms", 0.25);
        let machine = Machine {
            cores: 2,
            processor: "a processor".to_owned(),
            kernel: "Linux 6".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            commit: "0123456789".to_owned(),
        };
        let failures = vec![("load".to_owned(), "there is no file".to_owned())];
        Report { machine, rounds: 3, seconds: 4.0, data_file: PathBuf::from("year.csv.gz"), samples, failures }
    }

    #[test]
    fn the_table_shows_what_was_measured() {
        let text = report().markdown();
        assert!(text.contains("| place an order of 1 line | 9,000/s | 8,123 to 10,124 | 8,000 | 15,000 |"), "{text}");
        assert!(text.contains("| … p99 | 0.250 ms |"), "{text}");
        assert!(!text.contains("SQLite"), "{text}");
        assert!(text.contains("Not measured: load, because there is no file."), "{text}");
        assert!(report().failed().is_err());
    }

    #[test]
    fn the_json_holds_every_sample() {
        let json = report().json();
        assert_eq!(json["measurements"]["http.place_1_line.per_s"]["samples"].as_array().unwrap().len(), 3);
        assert_eq!(json["measurements"]["http.place_1_line.per_s"]["median"], 9000.0);
    }

    #[test]
    fn the_table_replaces_the_one_before() {
        let document = format!("# Speed\n\n{BEGIN}\nold\n{END}\n\nWhat it means.\n");
        let once = between_markers(&document, "new\n").unwrap();
        assert_eq!(once, format!("# Speed\n\n{BEGIN}\n\nnew\n\n{END}\n\nWhat it means.\n"));
        assert_eq!(between_markers(&once, "new\n").unwrap(), once);
        assert_eq!(between_markers("# Speed\n", "new\n"), None);
    }
}
