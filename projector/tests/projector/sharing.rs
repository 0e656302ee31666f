//! Several workers on one set of views in Postgres: they share the slices, and nothing is lost or done twice.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use orderflow_engine::{EventReader, MemoryStore, Projection, Slice, Slices};
use orderflow_projector::{PostgresOptions, PostgresTarget, Projector, Selection, Target, Verified, Verify, ViewState};
use orderflow_test_servers::{Durability, Postgres, Signal};
use sqlx::{Connection, PgConnection, Row};
use tokio::runtime::Runtime;

use crate::bank::{BANK, BankEvent, Running, append, assert_current, opened, options, renamed, transferred, until};

/// A process of its own, as far as possible: a runtime that ends or stands still with all that is in it.
pub(crate) struct Worker {
    runtime: Runtime,
    pub(crate) running: Running,
}

impl Worker {
    async fn start(url: &str, store: &MemoryStore) -> Self {
        Self::of(url, store.clone(), &BANK).await
    }

    /// Of a program that knows these projections.
    pub(crate) async fn of(url: &str, reader: impl EventReader, projections: &'static [Projection<BankEvent>]) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let url = url.to_owned();
        let running =
            runtime.spawn(async move { Running::start(reader, open(&url).await, projections, options()).await });
        Self { running: running.await.unwrap(), runtime }
    }

    pub(crate) fn projector(&self) -> &Projector {
        &self.running.projector
    }

    pub(crate) fn held(&self) -> Slices {
        *self.projector().held().borrow()
    }

    /// Gives back what it holds, and ends.
    pub(crate) async fn leave(self) {
        self.runtime.spawn(self.running.stop()).await.unwrap();
        self.runtime.shutdown_background();
    }

    /// Ends without a word.
    fn die(self) {
        self.runtime.shutdown_background();
    }

    /// Does nothing at all for a while: the one thread of the runtime is blocked.
    fn freeze(&self, pause: Duration) {
        self.runtime.spawn(async move { std::thread::sleep(pause) });
    }
}

pub(crate) async fn open(url: &str) -> PostgresTarget {
    PostgresTarget::open(url, &PostgresOptions::default()).await.unwrap()
}

/// Some of everything that comes to the same in whatever order the slices are taken: accounts are not closed.
pub(crate) async fn fill(store: &MemoryStore, events: u64) {
    for n in 0..events {
        let (id, other) = (n * 7 % 31, n * 11 % 37);
        let event = match n % 5 {
            0 => opened(&format!("owner-{n}")),
            1 => renamed(&format!("renamed-{n}")),
            _ => transferred(other, i64::try_from(n % 100).unwrap()),
        };
        append(store, id, event).await;
    }
}

pub(crate) async fn until_shared(what: &str, workers: &[&Worker]) {
    let (least, most) = (Slice::COUNT / workers.len(), Slice::COUNT.div_ceil(workers.len()));
    until(what, async || {
        let held: Vec<Slices> = workers.iter().map(|worker| worker.held()).collect();
        let together: Slices = held.iter().flat_map(|slices| slices.iter()).collect();
        together == Slices::ALL
            && held.iter().map(|slices| slices.len()).sum::<usize>() == Slice::COUNT
            && held.iter().all(|slices| (least..=most).contains(&slices.len()))
    })
    .await;
}

/// Appends a little all the time, until it is told to stop.
fn keep_filling(store: &MemoryStore, stop: &'static AtomicBool) -> tokio::task::JoinHandle<()> {
    let store = store.clone();
    tokio::spawn(async move {
        while !stop.load(Ordering::Relaxed) {
            fill(&store, 40).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slices_follow_workers_that_come_leave_die_and_freeze() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let url = Postgres::shared().database();
    let store = MemoryStore::new();
    fill(&store, 500).await;
    let filling = keep_filling(&store, &STOP);

    let (a, b) = (Worker::start(&url, &store).await, Worker::start(&url, &store).await);
    let c = Worker::start(&url, &store).await;
    until_shared("three workers share", &[&a, &b, &c]).await;
    let died = Instant::now();
    c.die();
    until_shared("two share what the third one had", &[&a, &b]).await;
    assert!(died.elapsed() < Duration::from_secs(15), "it took {:?}", died.elapsed());
    let left = Instant::now();
    b.leave().await;
    until_shared("one has everything", &[&a]).await;
    assert!(left.elapsed() < Duration::from_secs(6), "what is given back is free at once: {:?}", left.elapsed());

    let d = Worker::start(&url, &store).await;
    until_shared("the newcomer gets half", &[&a, &d]).await;
    a.freeze(Duration::from_secs(13));
    until_shared("the frozen one is thought dead", &[&d]).await;
    let thawed = store.head().await.unwrap();
    until_shared("the thawed one is given its half again", &[&a, &d]).await;

    STOP.store(true, Ordering::Relaxed);
    filling.await.unwrap();
    let head = store.head().await.unwrap();
    assert!(head > thawed);
    a.running.reach(head).await;
    d.running.reach(head).await;
    assert_current(&store, &open(&url).await, &BANK).await;
    let rebuilt = d.projector().rebuild(Selection::All, Verify::Yes).await.unwrap();
    assert!(rebuilt.views.iter().all(|view| view.verified == Verified::Equal), "{rebuilt:?}");
    a.leave().await;
    d.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_see_what_one_of_them_rebuilds_and_pauses() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let url = Postgres::shared().database();
    let store = MemoryStore::new();
    fill(&store, 1_000).await;
    let (a, b) = (Worker::start(&url, &store).await, Worker::start(&url, &store).await);
    until_shared("two workers share", &[&a, &b]).await;
    let filling = keep_filling(&store, &STOP);
    let reading = tokio::spawn(read_all_the_time(url.clone(), &STOP));
    for (worker, verify) in [(&a, Verify::No), (&b, Verify::Yes), (&a, Verify::Yes)] {
        let projector = worker.projector().clone();
        let rebuilt = worker.runtime.spawn(async move { projector.rebuild(Selection::All, verify).await });
        let rebuilt = rebuilt.await.unwrap().unwrap();
        let expected = if verify == Verify::Yes { Verified::Equal } else { Verified::NotAsked };
        assert!(rebuilt.views.iter().all(|view| view.verified == expected), "{rebuilt:?}");
    }
    let target = open(&url).await;
    assert!(target.ensure(BANK[0].view).await.unwrap().serving.generation.0 >= 4);

    a.projector().pause("totals").await.unwrap();
    until("the other worker has heard of the pause", async || b.projector().status()[1].state == ViewState::Paused)
        .await;
    let paused = target.rows(BANK[1].view).await.unwrap();
    let head = store.head().await.unwrap();
    a.running.reach(head).await;
    assert_eq!(target.rows(BANK[1].view).await.unwrap(), paused);
    b.projector().resume("totals").await.unwrap();
    until("it goes on in both", async || a.projector().status()[1].state == ViewState::Live).await;

    STOP.store(true, Ordering::Relaxed);
    filling.await.unwrap();
    let reads = reading.await.unwrap();
    assert!(reads > 10, "{reads} reads");
    let head = store.head().await.unwrap();
    for worker in [&a, &b] {
        worker.running.reach(head).await;
    }
    assert_current(&store, &target, &BANK).await;
    a.leave().await;
    b.leave().await;
}

/// The view is there at every moment, and its position does not go back.
async fn read_all_the_time(url: String, stop: &'static AtomicBool) -> u64 {
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let (mut reads, mut last) = (0, 0_i64);
    while !stop.load(Ordering::Relaxed) {
        let read = sqlx::query(
            "SELECT count(balance), (SELECT position FROM orderflow_views.positions WHERE view = 'accounts') \
             FROM orderflow_views.accounts",
        );
        let position: i64 = read.fetch_one(&mut connection).await.unwrap().get(1);
        assert!(position >= last, "{position} after {last}");
        (reads, last) = (reads + 1, position);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    reads
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_go_on_when_the_server_was_away() {
    let mut server = Postgres::start(Durability::Off, &[]).unwrap();
    let url = server.database();
    let store = MemoryStore::new();
    fill(&store, 1_000).await;
    let (a, b) = (Worker::start(&url, &store).await, Worker::start(&url, &store).await);
    until_shared("two workers share", &[&a, &b]).await;
    for signal in [Signal::Quit, Signal::Kill] {
        fill(&store, 2_000).await;
        server.stop(signal).unwrap();
        fill(&store, 500).await;
        until("they say what is wrong", async || a.projector().status().iter().any(|view| view.trouble.is_some()))
            .await;
        server.start_again().unwrap();
        let head = store.head().await.unwrap();
        a.running.reach(head).await;
        b.running.reach(head).await;
    }
    assert_current(&store, &open(&url).await, &BANK).await;
    a.leave().await;
    b.leave().await;
}
