//! A process that only reads is woken by one that writes, whatever becomes of its subscription.

use std::time::Duration;

use orderflow_engine::{EventReader, Position, StreamName, Wanted};
use orderflow_stores::{KurrentOptions, KurrentReader, KurrentStore};
use orderflow_test_kurrentdb::{Faults, Standin};
use tokio::sync::watch;

use crate::{HANG, name, open, put, server};

async fn wakes(store: &KurrentStore, reader: &KurrentReader, watch: &mut watch::Receiver<Position>) {
    wakes_by(&name("followed"), store, reader, watch).await;
}

async fn wakes_by(
    stream: &StreamName, store: &KurrentStore, reader: &KurrentReader, watch: &mut watch::Receiver<Position>,
) {
    let position = put(store, stream, &["1"]).await.unwrap().position;
    tokio::time::timeout(HANG, watch.wait_for(|head| *head >= position)).await.expect("woken").unwrap();
    assert!(reader.head().await.unwrap() >= position);
    let page = reader.read_all(Position(position.0), 10, &Wanted::ALL).await.unwrap();
    assert!(page.events.iter().all(|event| event.stream != *stream));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_in_another_process_is_woken() {
    let server = server().await;
    let stream = server.name("followed");
    let store = open(&server.url).await;
    let reader = KurrentReader::open(&server.url, &KurrentOptions::default()).await.unwrap();
    // A watcher that comes back after the last one left is served as well.
    for _ in 0..2 {
        let mut watch = reader.watch();
        for _ in 0..5 {
            wakes_by(&stream, &store, &reader, &mut watch).await;
        }
        drop(watch);
        tokio::time::sleep(Duration::from_millis(1200)).await;
    }
}

async fn is_woken_after(end: impl Fn(&Faults)) {
    let standin = Standin::start();
    let store = open(&standin.url()).await;
    let reader = KurrentReader::open(&standin.url(), &KurrentOptions::default()).await.unwrap();
    let mut watch = reader.watch();
    wakes(&store, &reader, &mut watch).await;
    for _ in 0..3 {
        let begun = standin.subscriptions();
        end(standin.faults());
        wakes(&store, &reader, &mut watch).await;
        let begins_again = async {
            while standin.subscriptions() == begun {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(HANG, begins_again).await.expect("it subscribes again");
        wakes(&store, &reader, &mut watch).await;
    }
}

#[tokio::test]
async fn after_a_subscription_was_ended_with_an_error() {
    is_woken_after(Faults::end_subscriptions).await;
}

/// On one thread: the library would spin on it for ever, and nothing else would ever run again.
#[tokio::test]
async fn after_a_subscription_was_ended_with_success() {
    is_woken_after(Faults::end_subscriptions_with_success).await;
}

#[tokio::test]
async fn after_the_server_was_away() {
    let standin = Standin::start();
    let store = open(&standin.url()).await;
    let reader = KurrentReader::open(&standin.url(), &KurrentOptions::default()).await.unwrap();
    let mut watch = reader.watch();
    wakes(&store, &reader, &mut watch).await;
    standin.stop_node(0);
    tokio::time::sleep(Duration::from_millis(500)).await;
    standin.start_node(0);
    wakes(&store, &reader, &mut watch).await;
}
