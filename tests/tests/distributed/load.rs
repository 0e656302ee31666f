//! Real invoices through several of each role, some of which are killed and restarted on the way.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use orderflow_tests::sample::{Loading, add_up, load, pages};
use serde_json::Value;

use crate::cluster::{Cluster, Events, Over, Role};

#[test]
fn on_postgres_and_redis_it_adds_up_whoever_is_killed() {
    adds_up_whoever_is_killed(Events::Postgres);
}

#[test]
fn on_kurrentdb_with_views_in_postgres_and_redis_it_adds_up_whoever_is_killed() {
    adds_up_whoever_is_killed(Events::KurrentDb);
}

/// Two loaders bring in the same file at the same time, each by a write API of its own.
fn adds_up_whoever_is_killed(events: Events) {
    let cluster = Cluster::new(events);
    let mut write_apis = [cluster.start("write-api"), cluster.start("write-api")];
    let mut projectors = [cluster.start("projector"), cluster.start("projector")];
    let read_api = cluster.start("read-api");
    let directories = [tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory")];
    let read_url = read_api.url();
    let loaders = [0, 1].map(|which| {
        let more = ["--read-url", &read_url, "--requests", "16"];
        Loading::start(&write_apis[which].url(), directories[which].path(), &more)
    });
    some_orders_are_there(&read_api);
    write_apis[0].kill();
    projectors[0].kill();
    sleep(Duration::from_millis(300));
    write_apis[0].start();
    projectors[0].start();
    for loader in loaders {
        let _ = loader.finish();
    }
    add_up(&read_api.client());

    let orders = || pages(&read_api.client(), "/api/v1/orders?limit=200");
    // A server that keeps records of its own in the log does so at any moment, and moves its head.
    let head = || match events {
        Events::Postgres => projectors[1].client().get("/api/v1/admin/projections").expect(200).json()["head"].clone(),
        Events::KurrentDb => Value::Null,
    };
    let before = (head(), orders());
    let again = tempfile::tempdir().expect("a directory");
    let _ = load(&write_apis[1].url(), again.path(), &["--read-url", &read_url]);
    assert_eq!(before, (head(), orders()), "no event came in the second time");
    for mut role in write_apis.into_iter().chain(projectors).chain([read_api]) {
        role.stop();
    }
}

/// The catalogue and the stock of the file come before its first order.
fn some_orders_are_there(read_api: &Role) {
    let deadline = Instant::now() + Duration::from_secs(300);
    while read_api.client().get("/api/v1/orders?limit=30").json()["items"].as_array().is_none_or(|list| list.len() < 30)
    {
        assert!(Instant::now() < deadline, "orders are placed in the end");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_rolling_restart_serves_throughout() {
    let cluster = Cluster::new(Events::Postgres);
    let mut write_apis = [cluster.start("write-api"), cluster.start("write-api")];
    let mut projectors = [cluster.start("projector"), cluster.start("projector")];
    let mut read_apis = [cluster.start("read-api"), cluster.start("read-api")];
    let directory = tempfile::tempdir().expect("a directory");
    let stays = cluster.start("read-api");
    let more = ["--read-url", &stays.url(), "--requests", "8"];
    let loader = Loading::start(&write_apis[0].url(), directory.path(), &more);
    some_orders_are_there(&read_apis[0]);

    let done = AtomicBool::new(false);
    let clients = [0, 1].map(|which| read_apis[which].client());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // What a load balancer does: whoever answers is fine, and one of the two always does.
            while !done.load(Ordering::Relaxed) {
                let served = clients.iter().any(|client| {
                    let answer = client.try_send("GET", "/api/v1/orders?limit=5", &[], b"");
                    answer.is_ok_and(|answer| answer.status == 200)
                });
                assert!(served, "somebody serves");
            }
        });
        let _over = Over(&done);
        for role in write_apis.iter_mut().chain(&mut projectors).chain(&mut read_apis) {
            role.stop();
            role.start();
        }
    });
    let _ = loader.finish();
    add_up(&stays.client());
}
