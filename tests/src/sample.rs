//! The sample of 500 real invoices: brought in by the real loader, and held against what the file says.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use rust_decimal::Decimal;
use serde_json::Value;

use crate::{client::Client, server::binary, truth};

#[must_use]
pub fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../orderflow/data/sample-500.csv.gz")
}

/// A loader at work on the sample.
pub struct Loading {
    child: Child,
    summary: PathBuf,
}

impl Loading {
    /// Starts to load; what it has to say comes into `directory`, which no other loader may use.
    ///
    /// # Panics
    ///
    /// When the binary cannot be started.
    #[must_use]
    pub fn start(url: &str, directory: &Path, more: &[&str]) -> Self {
        let summary = directory.join("summary.json");
        let child = Command::new(binary())
            .arg("load")
            .arg(sample())
            .args(["--url", url, "--quiet", "--summary"])
            .arg(&summary)
            .arg("--rejects")
            .arg(directory.join("rejects.csv"))
            .args(more)
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the loader starts");
        Self { child, summary }
    }

    /// Waits until it is done, and gives the summary.
    ///
    /// # Panics
    ///
    /// When it fails.
    #[must_use]
    pub fn finish(self) -> Value {
        let Output { status, stderr, .. } = self.child.wait_with_output().expect("the loader ends");
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        serde_json::from_slice(&std::fs::read(self.summary).expect("the summary is there")).expect("it is JSON")
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Loads the sample and gives the summary.
#[must_use]
pub fn load(url: &str, directory: &Path, more: &[&str]) -> Value {
    Loading::start(url, directory, more).finish()
}

/// All items of a list, page by page.
///
/// # Panics
///
/// When it is not a list.
#[must_use]
pub fn pages(client: &Client, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("{path}{cursor}")).expect(200).json();
        items.extend(page["items"].as_array().expect("a list").iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("{}cursor={next}", if path.contains('?') { "&" } else { "?" }),
            None => return items,
        }
    }
}

/// Compares every view of sales with what the file says, to the penny, and that every order of it is there once.
///
/// # Panics
///
/// When anything differs.
pub fn add_up(client: &Client) {
    let truth = truth::of(&sample()).expect("the sample can be read");
    for by in ["month", "day", "product", "country"] {
        let items = pages(client, &format!("/api/v1/analytics/sales?by={by}"));
        let expected = truth.sales(by);
        assert_eq!(items.len(), expected.len(), "as many keys by {by}");
        for item in &items {
            let key = item["key"].as_str().expect("a key");
            let wanted = &expected[key];
            let revenue: Decimal = item["revenue"]["amount"].as_str().expect("an amount").parse().expect("a decimal");
            assert_eq!(revenue, wanted.revenue, "revenue of {by} {key}");
            let counts = [&item["orders"], &item["lines"], &item["units"]].map(Value::as_u64);
            assert_eq!(counts, [Some(wanted.orders), Some(wanted.lines), Some(wanted.units)], "counts of {by} {key}");
        }
    }
    let orders = pages(client, "/api/v1/orders?status=completed&limit=200");
    assert_eq!(orders.len() as u64, truth.orders, "all are completed, and none is there twice");
    let all = pages(client, "/api/v1/orders?limit=200");
    assert_eq!(all.len(), orders.len(), "there are no others");
}
