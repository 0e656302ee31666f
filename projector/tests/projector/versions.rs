//! Programs of two versions side by side, and leases that were lost for a while.

use orderflow_engine::{EventReader, MemoryStore, Position, Slices};
use orderflow_projector::{RebuildError, Selection, Target, Verify, ViewState};
use orderflow_test_servers::Postgres;
use sqlx::{Connection, Executor, PgConnection};
use tokio::sync::watch;

use crate::{
    bank::{ACCOUNTS, BANK, BANK_FIXED, BANK_LATER, UNLUCKY, account, append, assert_current, transferred, until},
    rebuilding::Gated,
    sharing::{Worker, fill, open, until_shared},
};

/// A reader of a program whose rebuilds wait until the gate is opened.
fn gated(store: &MemoryStore) -> (Gated, watch::Sender<u64>) {
    let (open, gate) = watch::channel(0);
    (Gated { store: store.clone(), gate, lowest_read: Default::default() }, open)
}

/// The older one brings the view forward until the switch, and stands by afterwards.
async fn replaced(url: &str, store: &MemoryStore, older: Worker, newer: Worker, gate: watch::Sender<u64>) {
    until("the older one has everything", async || older.held() == Slices::ALL && newer.held().is_empty()).await;
    fill(store, 500).await;
    older.running.reach(store.head().await.unwrap()).await;
    let target = open(url).await;
    assert_current(store, &target, &BANK).await;

    gate.send_replace(u64::MAX);
    until("the newer one has everything", async || newer.held() == Slices::ALL && older.held().is_empty()).await;
    let status = |worker: &Worker| worker.projector().status().swap_remove(0);
    until("the older one knows", async || status(&older).state == ViewState::StandBy).await;
    let switched = status(&newer);
    assert_eq!((switched.version, switched.state), (2, ViewState::Live));
    fill(store, 500).await;
    let head = store.head().await.unwrap();
    newer.running.reach(head).await;
    // It is told how far the newer one has come.
    older.running.reach(head).await;
    assert_current(store, &target, &BANK_LATER).await;
    let refused = older.projector().rebuild(Selection::Named(&["accounts"]), Verify::No).await;
    assert!(matches!(refused, Err(RebuildError::Newer { view: "accounts", serving: 2, known: 1 })), "{refused:?}");

    // Another one of the older program finds out at its start, and nothing begins anew.
    let late = Worker::of(url, store.clone(), &BANK).await;
    assert!(status(&late).state == ViewState::StandBy && late.held().is_empty());
    newer.leave().await;
    fill(store, 100).await;
    let newer = Worker::of(url, store.clone(), &BANK_LATER).await;
    newer.running.reach(store.head().await.unwrap()).await;
    assert_eq!(status(&newer).generation, switched.generation);
    assert_current(store, &target, &BANK_LATER).await;
    for worker in [older, late, newer] {
        worker.leave().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_program_goes_on_until_a_newer_one_has_switched() {
    let (url, store) = (Postgres::shared().database(), MemoryStore::new());
    fill(&store, 500).await;
    let older = Worker::of(&url, store.clone(), &BANK).await;
    older.running.reach(Position(500)).await;
    let (reader, gate) = gated(&store);
    let newer = Worker::of(&url, reader, &BANK_LATER).await;
    replaced(&url, &store, older, newer, gate).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_program_makes_room_for_an_older_one_that_comes_later() {
    let (url, store) = (Postgres::shared().database(), MemoryStore::new());
    fill(&store, 500).await;
    let before = Worker::of(&url, store.clone(), &BANK).await;
    before.running.reach(Position(500)).await;
    before.leave().await;
    let (reader, gate) = gated(&store);
    let newer = Worker::of(&url, reader, &BANK_LATER).await;
    assert_eq!(newer.held(), Slices::ALL, "other views need not stand still while it builds");
    let older = Worker::of(&url, store.clone(), &BANK).await;
    replaced(&url, &store, older, newer, gate).await;
}

/// Nobody sees the older rows again once there are newer ones, in whatever order the programs start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_program_that_starts_second_stands_by() {
    let (url, store) = (Postgres::shared().database(), MemoryStore::new());
    let newer = Worker::of(&url, store.clone(), &BANK_LATER).await;
    let older = Worker::of(&url, store.clone(), &BANK).await;
    fill(&store, 300).await;
    for worker in [&newer, &older] {
        worker.running.reach(Position(300)).await;
    }
    assert_eq!((newer.held(), older.held()), (Slices::ALL, Slices::NONE));
    assert_current(&store, &open(&url).await, &BANK_LATER).await;
    assert_eq!(open(&url).await.ensure(&ACCOUNTS).await.unwrap().serving.generation.0, 1);
    newer.leave().await;
    older.leave().await;
}

/// As if the worker had been frozen while another one took over, did something, and left again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_was_lost_and_regained_is_noticed() {
    let (url, store) = (Postgres::shared().database(), MemoryStore::new());
    append(&store, "ann", transferred("bob", UNLUCKY)).await;
    let worker = Worker::of(&url, store.clone(), &BANK).await;
    worker.running.reach(Position(1)).await;
    until_shared("it has everything", &[&worker]).await;
    assert_eq!(worker.projector().status()[0].parked, 1);
    let mut held = worker.projector().held();
    held.borrow_and_update();
    let meanwhile =
        "BEGIN; UPDATE orderflow_views.leases SET epoch = epoch + 2; DELETE FROM orderflow_views.parked; COMMIT";
    PgConnection::connect(&url).await.unwrap().execute(meanwhile).await.unwrap();
    held.changed().await.unwrap();
    assert_eq!(*held.borrow(), Slices::ALL);
    assert_eq!(worker.projector().status()[0].parked, 0);
    worker.leave().await;
}

/// A program that has learnt to read what is parked takes it in, slice by slice as it comes to hold them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_parked_is_tried_again_by_whoever_gains_its_slice() {
    let (url, store) = (Postgres::shared().database(), MemoryStore::new());
    for id in 0..40 {
        append(&store, id, transferred("bob", UNLUCKY)).await;
    }
    let before = Worker::of(&url, store.clone(), &BANK).await;
    before.running.reach(Position(40)).await;
    let target = open(&url).await;
    let parked = async || target.dead_letters(100).await.unwrap().len();
    assert_eq!(parked().await, 40);

    let fixed = Worker::of(&url, store.clone(), &BANK_FIXED).await;
    until_shared("they share", &[&before, &fixed]).await;
    let theirs = (0..40).filter(|id| before.held().hold(&account(id))).count();
    until("its own share is taken in", async || parked().await == theirs).await;
    before.leave().await;
    until("the rest is taken in", async || parked().await == 0).await;
    fill(&store, 100).await;
    fixed.running.reach(store.head().await.unwrap()).await;
    assert_current(&store, &target, &BANK_FIXED).await;
    assert_eq!(fixed.projector().status()[0].parked, 0);
    fixed.leave().await;
}
