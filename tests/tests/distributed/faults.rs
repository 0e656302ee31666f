//! What fails between the roles and their servers: no acknowledged order is lost, none is there twice, every role
//! recovers by itself and says meanwhile what is wrong.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use orderflow_test_servers::{Durability, Postgres, Proxy, Redis, Signal, free_port};
use orderflow_tests::{Client, run, sample::pages};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Over, Role};

/// Servers of their own, which a test may break, and a network between them and the roles.
struct Scene {
    postgres: Postgres,
    network: Proxy,
    cluster: Cluster,
    write: Role,
    read: Role,
    projector: Role,
    attempts: AtomicUsize,
    /// The ids of the orders that were acknowledged.
    acknowledged: Mutex<Vec<String>>,
}

impl Scene {
    fn new() -> Self {
        let postgres = Postgres::start(Durability::Real, &[]).expect("a private Postgres starts");
        let network = Proxy::to(postgres.port()).expect("a port to listen on");
        let through = |url: String| url.replace(&postgres.port().to_string(), &network.port().to_string());
        let cluster = Cluster::of(through(postgres.database()), through(postgres.database()), Redis::start().unwrap());
        let [projector, write, read] = ["projector", "write-api", "read-api"].map(|role| cluster.start(role));
        let client = write.client();
        let product = json!({"sku": "A", "description": "A thing", "price": {"amount": "1.00", "currency": "GBP"}});
        let _ = client.post("/api/v1/products", "product", &product).expect(201);
        let _ = client.post("/api/v1/stock/A/receipts", "receipt", &json!({"quantity": 1_000_000})).expect(200);
        let (attempts, acknowledged) = (AtomicUsize::new(0), Mutex::default());
        Self { postgres, network, cluster, write, read, projector, attempts, acknowledged }
    }

    /// Orders are placed all the time while `fault` happens; afterwards each that was acknowledged is there once.
    fn survives(&mut self, fault: impl FnOnce(&mut Self)) {
        let client = self.write.client();
        let done = AtomicBool::new(false);
        let (attempts, orders) = (std::mem::take(&mut self.attempts), std::mem::take(&mut self.acknowledged));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !done.load(Ordering::SeqCst) {
                        let key = format!("fault-{}", attempts.fetch_add(1, Ordering::SeqCst));
                        orders.lock().unwrap().push(place(&client, &key));
                        sleep(Duration::from_millis(5));
                    }
                });
            }
            let _over = Over(&done);
            sleep(Duration::from_millis(300));
            fault(self);
            sleep(Duration::from_millis(300));
        });
        let mut acknowledged = orders.into_inner().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let confirmed = loop {
            let confirmed = pages_or_none(&self.read.client(), "/api/v1/orders?status=confirmed&limit=500");
            if let Some(confirmed) = confirmed.filter(|confirmed| confirmed.len() >= acknowledged.len()) {
                break confirmed;
            }
            assert!(Instant::now() < deadline, "{} orders are confirmed in the end", acknowledged.len());
            sleep(Duration::from_millis(100));
        };
        let mut found: Vec<_> = confirmed.iter().map(|order| order["id"].as_str().unwrap().to_owned()).collect();
        found.sort();
        acknowledged.sort();
        assert_eq!(found, acknowledged, "what was acknowledged is there, once, and nothing else is");
        let stock = self.read.client().get("/api/v1/stock/A").expect(200).json();
        assert_eq!(stock["reserved"], json!(found.len()), "each has reserved one piece, once");
        for role in [&self.write, &self.read, &self.projector] {
            role.server().eventually("/health/ready", |_| true);
        }
        (self.attempts, self.acknowledged) = (attempts, Mutex::new(acknowledged));
    }
}

/// Places an order, sending the same request again until it is answered.
fn place(client: &Client, key: &str) -> String {
    let body = json!({"currency": "GBP", "lines": [{"sku": "A", "quantity": 1}], "payment": {"token": "tok_approve"}});
    let headers = [("idempotency-key", key), ("content-type", "application/json")];
    let deadline = Instant::now() + Duration::from_secs(90);
    loop {
        match client.try_send("POST", "/api/v1/orders", &headers, body.to_string().as_bytes()) {
            Ok(answer) if answer.status == 201 => return answer.json()["id"].as_str().unwrap().to_owned(),
            Ok(answer) => assert!(answer.status >= 500 || answer.status == 409, "it is to be sent again: {answer:?}"),
            Err(_) => {}
        }
        assert!(Instant::now() < deadline, "order {key} is taken in the end");
        sleep(Duration::from_millis(50));
    }
}

fn pages_or_none(client: &Client, path: &str) -> Option<Vec<Value>> {
    (client.get(path).status == 200).then(|| pages(client, path))
}

/// What a role says of one dependency, when it says that it is not as it should be.
fn says(role: &Role, dependency: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = role.client().get("/health/ready").json();
        let told = &answer["dependencies"][dependency];
        if told["status"] != json!("up") {
            return told["reason"].as_str().unwrap_or_default().to_owned();
        }
        assert!(Instant::now() < deadline, "{dependency} is not as it should be: {answer}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn postgres_is_stopped_and_started_again() {
    let mut scene = Scene::new();
    scene.survives(|scene| {
        scene.postgres.stop(Signal::Interrupt).unwrap();
        assert!(!says(&scene.write, "event_store").is_empty());
        assert!(!says(&scene.read, "read_models").is_empty());
        assert!(!says(&scene.projector, "views").is_empty());
        scene.postgres.start_again().unwrap();
    });
    scene.survives(|scene| {
        scene.postgres.stop(Signal::Quit).unwrap();
        scene.postgres.start_again().unwrap();
    });
}

#[test]
fn backends_are_killed_again_and_again() {
    let mut scene = Scene::new();
    scene.survives(|scene| {
        for _ in 0..20 {
            let all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
            let killed = scene.postgres.tool("psql").args([&scene.postgres.url("postgres"), "-qAtc", all]).output();
            assert!(killed.unwrap().status.success());
            sleep(Duration::from_millis(100));
        }
    });
}

#[test]
fn the_network_swallows_everything_for_a_while() {
    let mut scene = Scene::new();
    scene.survives(|scene| {
        scene.network.swallow();
        assert!(!says(&scene.write, "event_store").is_empty());
        assert!(!says(&scene.projector, "views").is_empty());
        let answer = scene.read.client().get("/api/v1/orders");
        assert_eq!(answer.status, 503, "it says so in time: {answer:?}");
        scene.network.pass();
    });
}

#[test]
fn redis_is_stopped_flushed_and_made_read_only() {
    let mut scene = Scene::new();
    let order = place(&scene.write.client(), "before");
    let path = format!("/api/v1/orders/{order}");
    scene.read.server().eventually(&path, |order| order["status"] == "confirmed");
    let port = scene.cluster.redis.port();
    let command = |words: &[&str]| {
        let output = std::process::Command::new("redis-cli").args(["-p", &port.to_string()]).args(words).output();
        assert!(output.unwrap().status.success());
    };
    scene.acknowledged.lock().unwrap().push(order);
    scene.survives(|scene| {
        scene.cluster.redis.stop(Signal::Kill).unwrap();
        let _ = scene.read.client().get(&path).expect(200);
        assert!(!says(&scene.projector, "hot_documents").is_empty());
        scene.cluster.redis.start_again().unwrap();
        sleep(Duration::from_millis(500));
        command(&["flushall"]);
        let _ = scene.read.client().get(&path).expect(200);
        command(&["replicaof", "127.0.0.1", "1"]);
        let _ = scene.read.client().get(&path).expect(200);
        sleep(Duration::from_millis(500));
        command(&["replicaof", "no", "one"]);
    });
    let deadline = Instant::now() + Duration::from_secs(30);
    while scene.projector.client().get("/health/ready").json()["dependencies"]["hot_documents"]["status"] != json!("up")
    {
        assert!(Instant::now() < deadline, "the hot documents are kept again");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_projector_that_was_frozen_past_its_lease_writes_nothing_old() {
    let mut scene = Scene::new();
    let second = scene.cluster.start("projector");
    scene.survives(|scene| {
        let frozen = scene.projector.server().pid();
        Signal::Stop.send(frozen).unwrap();
        // Longer than a lease lasts: the other one has taken everything over and goes on.
        let before = second.client().get("/api/v1/admin/projections").expect(200).json();
        second.server().eventually("/api/v1/admin/projections", |now| {
            let position = |list: &Value| list["items"][0]["position"].as_u64();
            position(now) > position(&before)
        });
        sleep(Duration::from_secs(10));
        Signal::Continue.send(frozen).unwrap();
    });
    drop(second);
}

#[test]
fn what_is_configured_wrong_is_told_at_the_start() {
    let postgres = Postgres::shared();
    let (store, views) = (postgres.database(), postgres.database());
    let nobody = format!("postgres://postgres@127.0.0.1:{}/x", free_port().unwrap());
    let missing = postgres.url("no_such_database");
    let stranger = store.replace("postgres@", "stranger@");
    let no_user = store.replace("postgres@", "");
    for (role, store, views, expected) in [
        ("write-api", "", "", "--store"),
        ("projector", &*store, "", "--views"),
        ("write-api", "mysql://a@b/c", &*views, "mysql"),
        ("write-api", &*nobody, &*views, "127.0.0.1"),
        ("write-api", &*missing, &*views, "no_such_database"),
        ("write-api", &*no_user, &*views, "user"),
        ("write-api", &*stranger, &*views, "stranger"),
        ("projector", &*store, &*stranger, "stranger"),
        ("projector", &*store, &*nobody, "127.0.0.1"),
        ("read-api", "kurrentdb://127.0.0.1:1?tls=false", &*views, "127.0.0.1:1"),
    ] {
        let started = Instant::now();
        let output = run(&[role, "--listen", "127.0.0.1:0", "--store", store, "--views", views]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(expected), "{role} {store} {views}: {said}");
        assert!(started.elapsed() < Duration::from_secs(30), "it does not take long to say so");
    }
}
