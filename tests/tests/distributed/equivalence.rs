//! The embedded profile and the distributed one give the same answers to the same requests.

use std::time::{Duration, Instant};

use orderflow_tests::{Answer, Client, Server};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Events, Role};

/// Where a profile is written to and read from.
struct Profile<'a> {
    write: Client,
    read: Client,
    reader: &'a Server,
}

/// An answer without what no two runs have in common: times of today, positions of the log, and sealed cursors.
#[derive(Debug, PartialEq)]
struct Plain {
    status: u16,
    etag: Option<String>,
    location: Option<String>,
    content_type: Option<String>,
    body: Value,
}

impl From<Answer> for Plain {
    fn from(answer: Answer) -> Self {
        let header = |name: &str| answer.headers.get(name).cloned();
        let mut body = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
        redact(&mut body);
        Self {
            status: answer.status,
            etag: header("etag"),
            location: header("location"),
            content_type: header("content-type"),
            body,
        }
    }
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "position" | "head" | "request_id" => *value = Value::Null,
                    "next_cursor" => *value = json!(value.is_string()),
                    _ => redact(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) => {
            // The requests themselves name no later time.
            let ours =
                chrono::DateTime::parse_from_rfc3339(text).is_ok_and(|time| chrono::Datelike::year(&time) > 2020);
            if ours {
                "now".clone_into(text);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

const PRODUCTS: [(&str, &str, &str); 4] = [
    ("85048", "15CM CHRISTMAS GLASS BALL 20 LIGHTS", "6.95"),
    ("79323P", "PINK CHERRY LIGHTS", "6.75"),
    ("22041", "RECORD FRAME 7\" SINGLE SIZE", "2.10"),
    ("21232", "STRAWBERRY CERAMIC TRINKET BOX", "1.25"),
];

/// Everything that is asked for its effect, in order: method, path, key and body.
fn writes() -> Vec<(&'static str, String, &'static str, Value)> {
    let mut writes = Vec::new();
    for (sku, description, price) in PRODUCTS {
        let price = json!({"amount": price, "currency": "GBP"});
        let body = json!({"sku": sku, "description": description, "price": price});
        writes.push(("POST", "/api/v1/products".to_owned(), "product", body));
        writes.push(("POST", format!("/api/v1/stock/{sku}/receipts"), "receipt", json!({"quantity": 50})));
    }
    // Before there are orders: their reservations come to the same stream at any moment.
    writes.push(("POST", "/api/v1/stock/85048/adjustments".to_owned(), "lost", json!({"delta": -2, "reason": "lost"})));
    writes.push(("POST", "/api/v1/stock/85048/adjustments".to_owned(), "all", json!({"delta": -99, "reason": "lost"})));
    let order = |lines: Value, token: &str| {
        json!({"currency": "GBP", "lines": lines, "payment": {"token": token}, "country": "France",
               "placed_at": "2009-12-01T07:45:00Z"})
    };
    let orders = "/api/v1/orders".to_owned();
    let one = json!([{"sku": "85048", "quantity": 12}, {"sku": "22041", "quantity": 3}]);
    writes.push(("POST", orders.clone(), "approved", order(one.clone(), "tok_approve")));
    writes.push(("POST", orders.clone(), "approved", order(one.clone(), "tok_approve")));
    writes.push(("POST", orders.clone(), "approved", order(one, "tok_other")));
    let too_many = json!([{"sku": "79323P", "quantity": 51}]);
    writes.push(("POST", orders.clone(), "short", order(too_many, "tok_approve")));
    writes.push(("POST", orders.clone(), "declined", order(json!([{"sku": "21232", "quantity": 1}]), "tok_decline")));
    writes.push(("POST", orders.clone(), "unknown-sku", order(json!([{"sku": "none", "quantity": 1}]), "tok_approve")));
    writes.push(("POST", orders, "no-lines", order(json!([]), "tok_approve")));
    let new_price = json!({"price": {"amount": "7.25", "currency": "GBP"}});
    writes.push(("POST", "/api/v1/products/85048/price".to_owned(), "price", new_price));
    writes.push(("POST", "/api/v1/customers".to_owned(), "customer", json!({"reference": "13085"})));
    writes
}

fn reads(orders: &[String]) -> Vec<String> {
    let mut reads: Vec<String> = [
        "/api/v1/orders",
        "/api/v1/orders?limit=2",
        "/api/v1/orders?status=cancelled",
        "/api/v1/orders?payment=authorized",
        "/api/v1/orders?country=France&placed_after=2009-12-01",
        "/api/v1/orders?placed_after=2010-01-01",
        "/api/v1/orders?status=nonsense",
        "/api/v1/orders?cursor=nonsense",
        "/api/v1/products",
        "/api/v1/products?q=christmas",
        "/api/v1/orders?q=cherry",
        "/api/v1/orders?q=record%20frame",
        "/api/v1/products/85048",
        "/api/v1/products/none",
        "/api/v1/stock",
        "/api/v1/stock/85048",
        "/api/v1/shipments",
        "/api/v1/analytics/sales?by=day",
        "/api/v1/analytics/sales?by=product",
        "/api/v1/analytics/sales?by=country",
        "/api/v1/analytics/top-products",
        "/api/v1/analytics/funnel",
        "/api/v1/orders/00000000-0000-7000-8000-000000000000",
        "/api/v1/nothing",
    ]
    .map(str::to_owned)
    .to_vec();
    for order in orders {
        reads.push(format!("/api/v1/orders/{order}"));
        reads.push(format!("/api/v1/orders/{order}?as_of=1"));
        reads.push(format!("/api/v1/orders/{order}/timeline"));
        reads.push(format!("/api/v1/admin/processes/{order}"));
    }
    reads
}

impl Profile<'_> {
    /// The answers to everything, first to the writes and then, when all is quiet, to the reads.
    fn answers(&self) -> Vec<(String, Plain)> {
        let mut answers = Vec::new();
        let mut orders = Vec::new();
        for (method, path, key, body) in writes() {
            let key = format!("equivalence-{key}{}", path.replace('/', "-"));
            let answer = self.write.send(method, &path, &[("idempotency-key", &key)], &body);
            if path == "/api/v1/orders" && answer.status == 201 {
                let id = answer.json()["id"].as_str().expect("an id").to_owned();
                if !orders.contains(&id) {
                    orders.push(id);
                }
            }
            answers.push((format!("{method} {path} {key}"), answer.into()));
        }
        for order in &orders {
            self.reader.eventually(&format!("/api/v1/admin/processes/{order}"), |process| {
                ["waiting", "ended"].map(Some).contains(&process["status"].as_str())
            });
        }
        // A process may rest before the views that others write show what it did: each answer waits for all of it.
        let head =
            self.read.get(&format!("/api/v1/orders/{}/timeline", orders[0])).headers["orderflow-position"].clone();
        for path in reads(&orders) {
            let mut answer = Plain::from(self.read_after(&path, &head));
            if let Some(events) = answer.body["items"].as_array_mut().filter(|_| path.ends_with("timeline")) {
                // What happens in different streams may happen in either order.
                events.sort_by_key(Value::to_string);
            }
            answers.push((path, answer));
        }
        answers
    }

    /// An answer that reflects the log up to a position, asked for as often as the view needs to catch up.
    fn read_after(&self, path: &str, position: &str) -> Answer {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let answer = self.read.get_with(path, &[("orderflow-after", position)]);
            if answer.status != 503 {
                return answer;
            }
            let behind = answer.json()["type"].as_str().is_some_and(|kind| kind.ends_with("not_yet_projected"));
            assert!(behind && Instant::now() < deadline, "{path} catches up with {position} in the end: {answer:?}");
        }
    }
}

fn embedded() -> Vec<(String, Plain)> {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    let (write, read) = (server.client(), server.client());
    let answers = Profile { write, read, reader: &server }.answers();
    server.stop();
    answers
}

fn distributed(events: Events) -> Vec<(String, Plain)> {
    let cluster = Cluster::new(events);
    let [projector, write, read] = ["projector", "write-api", "read-api"].map(|role| cluster.start(role));
    let answers = Profile { write: write.client(), read: read.client(), reader: read.server() }.answers();
    [write, read, projector].into_iter().for_each(|mut role: Role| role.stop());
    answers
}

#[test]
fn both_profiles_give_the_same_answers() {
    let expected = embedded();
    let good = expected.iter().filter(|(_, answer)| answer.status < 300).count();
    assert!(good > 30, "most of it is answered: {good} of {}", expected.len());
    for events in [Events::Postgres, Events::KurrentDb] {
        let found = distributed(events);
        assert_eq!(expected.len(), found.len(), "as many answers");
        for ((asked, expected), (_, found)) in expected.iter().zip(found) {
            assert_eq!(*expected, found, "{asked}");
        }
    }
}
