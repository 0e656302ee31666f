//! The KurrentDB store keeps the contract, by itself and behind `AnyStore`, and among events that are none of its own.

use std::sync::Arc;

use orderflow_engine::{
    EventReader, Position, Wanted,
    store::conformance::{self, Positions},
};
use orderflow_stores::{AnyReader, AnyStore, KurrentOptions, KurrentReader, KurrentStore};
use orderflow_test_kurrentdb::Standin;

use crate::{log, open, run::OfRun, server};

#[tokio::test(flavor = "multi_thread")]
async fn kurrent_keeps_the_contract() {
    let server = server().await;
    let store = OfRun { store: open(&server.url).await, run: Arc::clone(&server.run) };
    conformance::check(store, Positions::Sparse).await;
}

#[tokio::test]
async fn a_tiny_kurrent_behind_any_store_keeps_the_contract_on_one_thread() {
    let standin = Standin::start();
    let tiny = KurrentOptions { queue: 1, in_flight: 1, cached_streams: 1, ..KurrentOptions::default() };
    let store = AnyStore::from(KurrentStore::open(&standin.url(), &tiny).await.unwrap());
    conformance::check(store, Positions::Sparse).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_the_contract_among_events_of_the_server() {
    let standin = Standin::start();
    standin.faults().write_system_events(2);
    let store = open(&standin.url()).await;
    conformance::check(store.clone(), Positions::Sparse).await;
    assert!(standin.appended().iter().filter(|event| event.stream.starts_with('$')).count() > 100, "there are some");

    let written = log(&store).await;
    let beside = AnyReader::from(KurrentReader::open(&standin.url(), &KurrentOptions::default()).await.unwrap());
    assert_eq!(log(&beside).await, written);
    assert_eq!(log(&AnyStore::from(store.clone()).reader()).await, written);
    let whole = beside.read_all(Position::START, usize::MAX, &Wanted::ALL).await.unwrap();
    assert_eq!((whole.events, whole.through), (written, beside.head().await.unwrap()));
}
