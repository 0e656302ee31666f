//! A process that only reads is woken by one that writes, and by polling when it cannot be told.

use std::time::Duration;

use orderflow_engine::{EventReader, Position, Wanted};
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

/// A notification only wakes: where the log ends is asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_notification_that_is_not_true_skips_nothing() {
    let url = Postgres::shared().database();
    let store = open(&url).await;
    put(&store, &name("followed"), &["1"]).await.unwrap();
    let mut watch = store.watch();
    sqlx::raw_sql("NOTIFY orderflow_events, '999999'").execute(&mut admin(&url).await).await.unwrap();
    put(&open(&url).await, &name("followed"), &["2"]).await.unwrap();
    tokio::time::timeout(HANG, watch.wait_for(|head| *head >= Position(2))).await.expect("woken").unwrap();
    let page = store.read_all(Position::START, 10, &Wanted::ALL).await.unwrap();
    assert_eq!((page.events.len(), page.through), (2, Position(2)));
    assert_eq!(*watch.borrow_and_update(), Position(2));
}

/// Without notifications it only takes longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_is_told_nothing_looks_by_itself() {
    let url = Postgres::shared().database();
    let store = open(&url).await;
    let mut admin = admin(&url).await;
    let body: String = sqlx::query_scalar("SELECT pg_get_functiondef('orderflow_events.append'::regproc)")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert!(body.contains("PERFORM pg_notify("), "{body}");
    let body = body.replace("PERFORM pg_notify(", "PERFORM concat(");
    sqlx::raw_sql(sqlx::AssertSqlSafe(body)).execute(&mut admin).await.unwrap();
    let reader = PostgresReader::open(&url, &PostgresOptions::default()).await.unwrap();
    let mut watch = reader.watch();
    put(&store, &name("followed"), &["1"]).await.unwrap();
    tokio::time::timeout(HANG, watch.wait_for(|head| *head >= Position(1))).await.expect("it looks").unwrap();
}
