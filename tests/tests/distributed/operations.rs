//! What whoever runs the roles does with them: stop one, look at processes and at the log, do without the views.

use std::{thread::sleep, time::Duration};

use orderflow_test_kurrentdb::Standin;
use orderflow_test_servers::{Durability, Postgres, Redis, Signal};
use orderflow_tests::{Client, run};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Events, Role};

/// Places an order for a product that there is, and gives its id.
fn an_order(client: &Client) -> String {
    let product = json!({"sku": "A", "description": "A thing", "price": {"amount": "1.00", "currency": "GBP"}});
    let _ = client.post("/api/v1/products", "product", &product).expect(201);
    let _ = client.post("/api/v1/stock/A/receipts", "receipt", &json!({"quantity": 10})).expect(200);
    let body = json!({"currency": "GBP", "lines": [{"sku": "A", "quantity": 1}], "payment": {"token": "tok_approve"}});
    client.post("/api/v1/orders", "order", &body).expect(201).json()["id"].as_str().expect("an id").to_owned()
}

/// What a command prints when it ends well.
fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn dependency(role: &Role, name: &str) -> Value {
    role.client().get("/health/ready").json()["dependencies"][name]["status"].clone()
}

#[test]
fn a_role_that_is_asked_to_stop_says_so_and_serves_on() {
    let cluster = Cluster::new(Events::Postgres);
    // It has no use for views.
    let events_only = [("ORDERFLOW_DRAIN_DELAY", "3600"), ("ORDERFLOW_VIEWS", ""), ("ORDERFLOW_CACHE", "")];
    let write = cluster.start_with("write-api", &events_only);
    let client = write.client();
    let _ = client.get("/health/ready").expect(200);
    write.server().ask_to_stop();
    let draining = loop {
        let answer = client.get("/health/ready");
        if answer.status != 200 {
            break answer.expect(503).json();
        }
    };
    assert_eq!(draining["reason"], "draining");
    let _ = an_order(&client);
    let _ = client.get("/health/live").expect(200);
    // A second signal ends the wait.
    let mut write = write;
    write.stop();
}

#[test]
fn processes_are_looked_at_and_retried_where_they_run() {
    let cluster = Cluster::new(Events::Postgres);
    let [projector, write, read] = ["projector", "write-api", "read-api"].map(|role| cluster.start(role));
    let order = an_order(&write.client());
    let path = format!("/api/v1/admin/processes/{order}");
    read.server().eventually(&path, |process| process["status"] == "waiting");
    for server in [projector.url(), read.url()] {
        assert!(printed(&["process", "list", "--url", &server]).contains(&order));
        assert!(printed(&["process", "show", &order, "--url", &server]).contains("fulfilment.started.v1"));
    }
    assert!(printed(&["process", "retry", &order, "--url", &projector.url()]).contains("waiting"));
}

#[test]
fn the_last_events_are_found_where_positions_have_gaps() {
    let standin = Standin::start();
    let store = standin.url();
    let cluster = Cluster::of(store.clone(), Postgres::shared().database(), Redis::start().unwrap());
    let write = cluster.start("write-api");
    let _ = an_order(&write.client());
    let tail = |last: &str| {
        let printed = printed(&["events", "tail", "-n", last, "--no-follow", "--store", &store]);
        printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect::<Vec<Value>>()
    };
    let all = tail("1000");
    assert!(all.len() >= 3, "{all:?}");
    assert_eq!(tail("2"), all[all.len() - 2..]);
    assert_eq!(tail("0"), [] as [Value; 0]);
}

#[test]
fn documents_are_served_while_the_views_are_down() {
    let standin = Standin::start();
    let mut postgres = Postgres::start(Durability::Off, &[]).expect("a private Postgres starts");
    let cluster = Cluster::of(standin.url(), postgres.database(), Redis::start().unwrap());
    let [_projector, write, read] = ["projector", "write-api", "read-api"].map(|role| cluster.start(role));
    let path = format!("/api/v1/orders/{}", an_order(&write.client()));
    read.server().eventually(&path, |order| order["status"] == "confirmed");
    postgres.stop(Signal::Kill).unwrap();
    // The document may come to the cache only now; the process that keeps it needs no Postgres.
    read.server().eventually(&path, |order| order["status"] == "confirmed");
    for _ in 0..60 {
        let _ = read.client().get(&path).expect(200);
        sleep(Duration::from_millis(50));
    }
    let _ = read.client().get("/api/v1/orders").expect(503);
    let _ = read.client().get("/health/ready").expect(200);
    assert_eq!(dependency(&read, "read_models"), "degraded");
    postgres.start_again().unwrap();
    read.server().eventually("/health/ready", |health| health["dependencies"]["read_models"]["status"] == "up");
    read.server().eventually("/api/v1/orders", |list| list["items"][0]["status"] == "confirmed");
}

#[test]
fn a_cache_that_can_never_be_used_ends_the_start() {
    let secret = Redis::start_with(&["--requirepass", "right"]).expect("a private Redis starts");
    let evicts = Redis::start_with(&["--maxmemory-policy", "allkeys-lru"]).expect("a private Redis starts");
    let (store, views) = (Postgres::shared().database(), Postgres::shared().database());
    let with = |user: &str| format!("redis://{user}127.0.0.1:{}/", secret.port());
    let (none, wrong, evicting) = (with(""), with(":wrong@"), evicts.url());
    for (role, cache, expected) in [
        ("projector", "redis//127.0.0.1", "URL"),
        ("projector", &*none, "password"),
        ("projector", &*wrong, "password"),
        ("projector", &*evicting, "noeviction"),
        ("read-api", "redis//127.0.0.1", "URL"),
        ("read-api", &*none, "password"),
        ("read-api", &*wrong, "password"),
    ] {
        let servers = ["--store", &store, "--views", &views, "--cache", cache];
        let output = run(&[&[role, "--listen", "127.0.0.1:0"], &servers[..]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        let clear = said.contains("'cache'") && said.contains(expected) && !said.contains("wrong@");
        assert!(!output.status.success() && clear, "{role} {cache}: {said}");
    }
}

#[test]
fn views_of_a_newer_layout_end_the_start() {
    let cluster = Cluster::new(Events::Postgres);
    cluster.start("projector").stop();
    let find = |name: &str| &*cluster.environment.iter().find(|(key, _)| *key == name).expect("it is set").1;
    let (store, views) = (find("ORDERFLOW_STORE"), find("ORDERFLOW_VIEWS"));
    let newer = "UPDATE orderflow_views.meta SET value = 99 WHERE name = 'schema_version'";
    let made = Postgres::shared().tool("psql").args([views, "-qAtc", newer]).output().expect("psql can be run");
    assert!(made.status.success(), "{made:?}");
    let output = run(&["read-api", "--listen", "127.0.0.1:0", "--store", store, "--views", views]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("start a newer one"), "{said}");
}
