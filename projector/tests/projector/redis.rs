//! A projector whose Redis is stopped, emptied, filled up or made read-only: never a wrong row, and it recovers by
//! itself.

use std::time::Duration;

use orderflow_engine::{EventReader, MemoryStore, Slices};
use orderflow_projector::{Options, RedisOptions, RedisTarget, Target, Verified, ViewState};
use orderflow_projector::{Selection, Verify};
use orderflow_test_servers::{Redis, Signal};
use uuid::Uuid;

use crate::bank::{BANK, Running, append, assert_current, fill, opened, options, until};

/// A lease that ends soon, so that what is only noticed with its renewal is noticed soon.
async fn target(server: &Redis) -> RedisTarget {
    let lease = Duration::from_millis(1_500);
    let options = RedisOptions { lease, ..RedisOptions::new(Uuid::new_v4()) };
    RedisTarget::open(&server.url(), &options).await.unwrap()
}

/// What is longer than this is rebuilt rather than followed.
fn rebuilt_early() -> Options {
    Options { rebuild_when_behind: 500, ..options() }
}

fn command(server: &Redis, words: &[&str]) {
    let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    redis::cmd(words[0]).arg(&words[1..]).exec(&mut connection).unwrap();
}

async fn current(store: &MemoryStore, target: &RedisTarget, running: &Running) {
    running.reach(store.head().await.unwrap()).await;
    assert_current(store, target, &BANK).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_are_kept_and_rebuilt_and_compared() {
    let (store, server) = (MemoryStore::new(), Redis::start().unwrap());
    let target = target(&server).await;
    fill(&store, 700).await;
    let running = Running::start(store.clone(), target.clone(), &BANK, rebuilt_early()).await;
    current(&store, &target, &running).await;
    fill(&store, 300).await;
    current(&store, &target, &running).await;
    let rebuilt = running.projector.rebuild(Selection::All, Verify::Yes).await.unwrap();
    assert!(rebuilt.views.iter().all(|view| view.verified == Verified::Equal), "{rebuilt:?}");
    fill(&store, 100).await;
    current(&store, &target, &running).await;
    running.stop().await;
    // What was given back is free at once.
    let other = self::target(&server).await;
    assert_eq!(other.renew().await.unwrap(), Slices::ALL);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flushed_server_is_noticed_and_filled_again() {
    for rebuild_when_behind in [500, u64::MAX] {
        let (store, server) = (MemoryStore::new(), Redis::start().unwrap());
        let target = target(&server).await;
        fill(&store, 1_000).await;
        let options = Options { rebuild_when_behind, ..options() };
        let running = Running::start(store.clone(), target.clone(), &BANK, options).await;
        current(&store, &target, &running).await;
        command(&server, &["FLUSHALL"]);
        // Nothing is appended: the loss is noticed all the same, with the next renewal.
        until("the rows are there again", async || {
            let rows = target.rows(BANK[0].view).await;
            rows.is_ok_and(|rows| !rows.is_empty())
                && running.projector.status().iter().all(|view| view.state == ViewState::Live && view.lag == 0)
        })
        .await;
        assert_current(&store, &target, &BANK).await;
        command(&server, &["FLUSHALL"]);
        fill(&store, 50).await;
        until("the views are live again", async || {
            let status = running.projector.status();
            status.iter().all(|view| view.state == ViewState::Live && view.lag == 0)
                && target.rows(BANK[0].view).await.is_ok_and(|rows| !rows.is_empty())
        })
        .await;
        current(&store, &target, &running).await;
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_comes_back_empty_is_filled_again() {
    let (store, mut server) = (MemoryStore::new(), Redis::start().unwrap());
    let target = target(&server).await;
    fill(&store, 1_000).await;
    let running = Running::start(store.clone(), target.clone(), &BANK, rebuilt_early()).await;
    current(&store, &target, &running).await;
    server.stop(Signal::Kill).unwrap();
    fill(&store, 300).await;
    until("the trouble is told", async || running.projector.status()[0].trouble.is_some()).await;
    server.start_again().unwrap();
    until("the views are live again", async || {
        let status = running.projector.status();
        status.iter().all(|view| view.state == ViewState::Live && view.lag == 0 && view.trouble.is_none())
            && target.rows(BANK[0].view).await.is_ok_and(|rows| !rows.is_empty())
    })
    .await;
    fill(&store, 100).await;
    current(&store, &target, &running).await;
    running.stop().await;
}

/// Who starts anew after a loss rebuilds; it does not fail again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starting_anew_on_an_emptied_server_rebuilds() {
    let (store, server) = (MemoryStore::new(), Redis::start().unwrap());
    fill(&store, 1_000).await;
    for _ in 0..2 {
        let target = target(&server).await;
        let running = Running::start(store.clone(), target.clone(), &BANK, rebuilt_early()).await;
        current(&store, &target, &running).await;
        assert!(running.projector.status().iter().all(|view| view.generation.0 == 2), "rebuilt rather than followed");
        running.stop().await;
        command(&server, &["FLUSHALL"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_nothing_is_waited_for() {
    let (store, server, elsewhere) = (MemoryStore::new(), Redis::start().unwrap(), Redis::start().unwrap());
    let target = target(&server).await;
    fill(&store, 200).await;
    let running = Running::start(store.clone(), target.clone(), &BANK, options()).await;
    current(&store, &target, &running).await;

    command(&server, &["CONFIG", "SET", "maxmemory", "1"]);
    fill(&store, 200).await;
    until("a full server is told", async || {
        running.projector.status()[0].trouble.as_ref().is_some_and(|trouble| trouble.contains("OOM"))
    })
    .await;
    command(&server, &["CONFIG", "SET", "maxmemory", "0"]);
    current(&store, &target, &running).await;

    // A replica of a server that is empty: read-only at first, and then as empty as that one.
    command(&server, &["REPLICAOF", "127.0.0.1", &elsewhere.port().to_string()]);
    fill(&store, 200).await;
    until("a read-only server is told", async || running.projector.status()[0].trouble.is_some()).await;
    command(&server, &["REPLICAOF", "NO", "ONE"]);
    until("it is written again", async || {
        let status = running.projector.status();
        status.iter().all(|view| view.lag == 0 && view.trouble.is_none())
            && target.rows(BANK[0].view).await.is_ok_and(|rows| !rows.is_empty())
    })
    .await;
    current(&store, &target, &running).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_projector_takes_over_and_the_first_stands_by() {
    let (store, server) = (MemoryStore::new(), Redis::start().unwrap());
    let (one, other) = (target(&server).await, target(&server).await);
    let first = Running::start(store.clone(), one.clone(), &BANK, options()).await;
    let second = Running::start(store.clone(), other.clone(), &BANK, options()).await;
    let held = |running: &Running| *running.projector.held().borrow();
    fill(&store, 300).await;
    current(&store, &one, &first).await;
    assert_eq!((held(&first), held(&second)), (Slices::ALL, Slices::NONE));

    // As if the first had been frozen for longer than its lease.
    command(&server, &["DEL", "orderflow:writer"]);
    assert_eq!(other.renew().await.unwrap(), Slices::ALL);
    fill(&store, 300).await;
    until("the second writes", async || held(&second) == Slices::ALL && held(&first) == Slices::NONE).await;
    current(&store, &other, &second).await;
    assert!(!first.stopped.is_finished(), "it stands by");

    second.stop().await;
    fill(&store, 300).await;
    current(&store, &one, &first).await;
    first.stop().await;
}

/// A cache is worth nothing by itself: one that was filled from another log is filled anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_from_a_longer_log_is_built_anew() {
    let (other, server) = (MemoryStore::new(), Redis::start().unwrap());
    fill(&other, 1_000).await;
    let filled = target(&server).await;
    let running = Running::start(other.clone(), filled.clone(), &BANK, options()).await;
    current(&other, &filled, &running).await;
    running.stop().await;
    // Half built as well.
    filled.renew().await.unwrap();
    let building = filled.begin_build(BANK[1].view).await.unwrap().generation;
    let state = format!("orderflow:totals:g{}:state", building.0);
    command(&server, &["HSET", &state, "position", "300"]);
    filled.resign().await.unwrap();

    let store = MemoryStore::new();
    fill(&store, 400).await;
    append(&store, "new", opened("New")).await;
    let target = target(&server).await;
    let running = Running::start(store.clone(), target.clone(), &BANK, options()).await;
    until("the views are those of this log", async || {
        running.projector.status().iter().all(|view| view.state == ViewState::Live && view.lag == 0)
    })
    .await;
    fill(&store, 100).await;
    current(&store, &target, &running).await;
    running.stop().await;
}
