//! Real invoices through the real binary: the views add up to the file, whatever happens on the way.

use std::{path::Path, time::Duration};

use orderflow_tests::{
    Client, Server, run,
    sample::{Loading, add_up, load, pages, sample},
    truth,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

fn head(client: &Client) -> Value {
    client.get("/api/v1/admin/projections").expect(200).json()["head"].clone()
}

#[test]
fn the_sample_adds_up_and_loading_it_again_changes_nothing() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    let client = server.client();
    let first = load(server.url(), data.path(), &[]);
    let truth = truth::of(&sample()).expect("the sample can be read");
    assert_eq!(first["rows"], json!(truth.rows));
    assert_eq!((&first["orders"], &first["lines"]), (&json!(truth.orders), &json!(truth.lines)));
    assert_eq!(first["credit_notes"], json!(truth.credit_notes));
    assert_eq!(first["revenue"]["amount"].as_str(), Some(truth.revenue.to_string().as_str()));
    add_up(&client);

    let before = head(&client);
    let second = load(server.url(), data.path(), &[]);
    assert_eq!(head(&client), before, "no event came in the second time");
    for key in ["rows", "orders", "lines", "skipped_rows", "skipped_invoices", "credit_notes", "revenue"] {
        assert_eq!(first[key], second[key], "{key}");
    }
    rebuilt_views_are_equal_and_always_there(&server, data.path());
    add_up(&client);
    server.stop();
}

/// Every view is rebuilt and compared row by row, while readers read.
fn rebuilt_views_are_equal_and_always_there(server: &Server, data: &Path) {
    let client = server.client();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for path in ["/api/v1/orders?limit=50", "/api/v1/analytics/sales?by=country", "/api/v1/stock?limit=10"] {
            let (client, done) = (client.clone(), &done);
            scope.spawn(move || {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let page = client.get(path).expect(200).json();
                    assert_ne!(page["items"], json!([]), "{path} was empty for a moment");
                }
            });
        }
        let directory = data.to_str().expect("a plain path");
        let output = run(&["--data", directory, "projection", "rebuild", "--all", "--verify"]);
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    });
}

#[test]
fn killed_again_and_again_it_comes_to_the_same_totals() {
    let data = tempfile::tempdir().expect("a directory");
    for wait_ms in [150, 350, 80, 500, 250] {
        let server = Server::start(data.path());
        let loading = Loading::start(server.url(), data.path(), &[]);
        std::thread::sleep(Duration::from_millis(wait_ms));
        server.kill();
        loading.kill();
    }
    let server = Server::start(data.path());
    let _ = load(server.url(), data.path(), &[]);
    add_up(&server.client());
    server.stop();
}

#[test]
fn too_little_stock_cancels_orders_and_keeps_nothing() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    let client = server.client();
    let summary = load(server.url(), data.path(), &["--stock-share", "0.9"]);
    let cancelled = pages(&client, "/api/v1/orders?status=cancelled&limit=200");
    let completed = pages(&client, "/api/v1/orders?status=completed&limit=200");
    assert!(!cancelled.is_empty(), "some orders came up short");
    assert_eq!((cancelled.len() + completed.len()) as u64, summary["orders"].as_u64().expect("a count"));
    for order in &cancelled {
        let order = client.get(&format!("/api/v1/orders/{}", order["id"].as_str().expect("an id"))).expect(200).json();
        assert_eq!(order["cancelled"]["code"], "out_of_stock", "{order}");
    }
    for stock in pages(&client, "/api/v1/stock?limit=200") {
        assert_eq!(stock["reserved"], json!(0), "{stock}");
        assert!(stock["on_hand"].as_i64().is_some_and(|pieces| pieces >= 0), "{stock}");
    }
    let sold: Decimal = pages(&client, "/api/v1/analytics/sales?by=month")
        .iter()
        .map(|month| month["revenue"]["amount"].as_str().expect("an amount").parse::<Decimal>().expect("a decimal"))
        .sum();
    let paid: Decimal = completed
        .iter()
        .map(|order| order["total"]["amount"].as_str().expect("an amount").parse::<Decimal>().expect("a decimal"))
        .sum();
    assert_eq!(sold, paid, "what was sold is what was paid for");
    server.stop();
}
