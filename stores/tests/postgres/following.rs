//! A process that only reads is woken by one that writes, and by polling when it cannot be told.

use std::time::Duration;

use orderflow_engine::{EventReader, Position};
use orderflow_stores::{PostgresOptions, PostgresReader};
use orderflow_test_servers::Postgres;

use crate::{admin, name, open, put};

/// Only a bound on how long a failing test hangs.
const HANG: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_is_woken_by_another_store() {
    let url = Postgres::shared().database();
    let store = open(&url).await;
    let reader = PostgresReader::open(&url, &PostgresOptions::default()).await.unwrap();
    // A watcher that comes back after the last one left is served as well.
    for watcher in 0..2 {
        let mut watch = reader.watch();
        for number in 1..=5 {
            let wanted = Position(watcher * 5 + number);
            put(&store, &name("followed"), &["1"]).await.unwrap();
            tokio::time::timeout(HANG, watch.wait_for(|head| *head >= wanted)).await.expect("woken").unwrap();
            assert_eq!(reader.head().await.unwrap(), wanted);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_whose_connection_is_killed_follows_on() {
    let url = Postgres::shared().database();
    let store = open(&url).await;
    let reader = PostgresReader::open(&url, &PostgresOptions::default()).await.unwrap();
    let mut watch = reader.watch();
    let mut admin = admin(&url).await;
    // The listener's last statement is either LISTEN or a look at the head.
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND query NOT LIKE '%append%'";
    let mut killed = 0;
    for number in 1..=5 {
        killed += sqlx::query_scalar::<_, i64>(kill).fetch_one(&mut admin).await.unwrap();
        put(&store, &name("followed"), &["1"]).await.unwrap();
        let wanted = Position(number);
        tokio::time::timeout(HANG, watch.wait_for(|head| *head >= wanted)).await.expect("woken").unwrap();
    }
    assert!(killed >= 3, "{killed} connections were killed");
}
