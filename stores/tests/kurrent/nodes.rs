//! Servers that die, come back, and lead no more.

use std::{sync::Arc, time::Duration};

use orderflow_engine::{AppendError, EventReader, EventStore, ExpectedVersion::NoStream, Version};
use orderflow_stores::{KurrentStore, StoreHealth};
use orderflow_test_kurrentdb::{Options, Standin};

use crate::{HANG, append, bodies, impatient, name, open, put, put_at};

/// Writes one event after another, while something happens to the cluster; everything must be there once, in order.
async fn written_once_while(nodes: usize, happens: impl AsyncFnOnce(&Standin)) {
    const EVENTS: usize = 150;
    let standin = Standin::start_with(Options { nodes, ..Options::default() });
    let store = open(&standin.url()).await;
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..EVENTS {
                    put(&store, &name(writer), &[&number.to_string()]).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    happens(&standin).await;
    let expected: Vec<_> = (0..EVENTS).map(|number| number.to_string()).collect();
    for (number, writer) in writers.into_iter().enumerate() {
        writer.await.unwrap();
        assert_eq!(bodies(&store, &name(number)).await, expected);
    }
    assert!(matches!(store.health(), StoreHealth::Serving));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_restarted() {
    written_once_while(1, async |standin| {
        for _ in 0..3 {
            standin.stop_node(0);
            tokio::time::sleep(Duration::from_millis(200)).await;
            standin.start_node(0);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_moves() {
    written_once_while(3, async |standin| {
        for leader in [1, 2, 0, 1] {
            standin.elect(leader);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_dies() {
    written_once_while(3, async |standin| {
        standin.stop_node(0);
        tokio::time::sleep(Duration::from_millis(100)).await;
        standin.elect(1);
        tokio::time::sleep(Duration::from_millis(500)).await;
        standin.start_node(0);
        standin.stop_node(1);
        standin.elect(2);
    })
    .await;
}

/// The others go on, and it thaws when it leads no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_freezes() {
    written_once_while(3, async |standin| {
        standin.freeze_node(0);
        tokio::time::sleep(Duration::from_millis(500)).await;
        standin.elect(1);
        tokio::time::sleep(Duration::from_secs(5)).await;
        standin.thaw_node(0);
    })
    .await;
}

/// Only one call at a time finds out that nothing is answered.
#[tokio::test]
async fn a_frozen_leader_is_left_in_time_for_a_single_append() {
    let standin = Standin::start_with(Options { nodes: 3, ..Options::default() });
    let store = open(&standin.url()).await;
    let stream = name("alone");
    put(&store, &stream, &["1"]).await.unwrap();
    standin.freeze_node(0);
    standin.elect(1);
    put(&store, &stream, &["2"]).await.unwrap();
    assert_eq!(bodies(&store, &stream).await, ["1", "2"]);
}

/// It hangs for longer than a call may take, and then carries out what has come meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_freezes_and_thaws() {
    written_once_while(1, async |standin| {
        standin.freeze_node(0);
        tokio::time::sleep(Duration::from_secs(4)).await;
        standin.thaw_node(0);
        // The clients that were given up meanwhile have ended, and their connections with them.
        let left = async {
            while standin.connections() > 1 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(HANG, left).await.expect("one connection is left");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn that_a_server_is_gone_is_noticed_without_asking_it() {
    let standin = Standin::start();
    let store = open(&standin.url()).await;
    let reader = store.reader();
    let shows = async |wanted: fn(&StoreHealth) -> bool| {
        let shown = async {
            while !wanted(&store.health()) || !wanted(&reader.health()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(HANG, shown).await.expect("health tells");
    };
    for _ in 0..2 {
        standin.stop_node(0);
        shows(|health| matches!(health, StoreHealth::Failing(_))).await;
        standin.start_node(0);
        shows(|health| matches!(health, StoreHealth::Serving)).await;
    }
    standin.freeze_node(0);
    shows(|health| matches!(health, StoreHealth::Failing(_))).await;
    standin.thaw_node(0);
    shows(|health| matches!(health, StoreHealth::Serving)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_takes_nothing_and_is_found_again() {
    let standin = Arc::new(Standin::start());
    let store = KurrentStore::open(&standin.url(), &impatient()).await.unwrap();
    put_at(&store, &name("before"), NoStream, &["1"]).await.unwrap();
    standin.stop_node(0);
    // The first one may have been on its way when the connection broke.
    let first = put(&store, &name("lost"), &["1"]).await;
    assert!(matches!(first, Err(AppendError::Unavailable(_) | AppendError::Indeterminate(_))), "{first:?}");
    let outcome = put_at(&store, &name("lost"), NoStream, &["2"]).await;
    assert!(matches!(outcome, Err(AppendError::Unavailable(_))), "{outcome:?}");
    store.read_stream(&name("before"), Version::ZERO, 1).await.unwrap_err();
    assert!(matches!(store.health(), StoreHealth::Failing(_)), "{:?}", store.health());

    standin.start_node(0);
    let found_again = async {
        while !matches!(store.health(), StoreHealth::Serving) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(HANG, found_again).await.expect("it is found again without being asked");
    put(&store, &name("after"), &["1"]).await.unwrap();
    assert!(bodies(&store, &name("lost")).await.is_empty());
}

#[tokio::test]
async fn appends_that_wait_for_the_server_are_written_when_it_is_back() {
    let standin = Standin::start();
    let store = open(&standin.url()).await;
    standin.stop_node(0);
    let mut tickets = Vec::new();
    for number in 0..300 {
        tickets.push(store.submit(append(&name(number), NoStream, &["1"])).await);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    standin.start_node(0);
    for ticket in tickets {
        tokio::time::timeout(HANG, ticket.wait()).await.expect("decided").unwrap();
    }
    assert_eq!(crate::log(&store).await.len(), 300);
}
