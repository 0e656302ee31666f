//! Backends that die and servers that stop: no acknowledged append is lost, none is there twice, and the store recovers
//! by itself.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use orderflow_engine::{AppendError, EventReader, Position, Wanted};
use orderflow_stores::{PostgresOptions, PostgresStore, StoreHealth};
use orderflow_test_servers::{Durability, Postgres, Signal};
use tokio::task::JoinHandle;

use crate::{admin, log, name, open, put};

/// What writers were told of each body.
#[derive(Default)]
struct Told {
    acknowledged: HashMap<String, Position>,
    refused: HashSet<String>,
    indeterminate: usize,
}

/// Writers that append bodies, each its own, until they are told to stop.
struct Writers {
    stop: Arc<AtomicBool>,
    told: Arc<Mutex<Told>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Writers {
    fn start(store: &PostgresStore, writers: usize) -> Self {
        let (stop, told) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Told::default())));
        let write = |writer: usize| {
            let (store, stop, told) = (store.clone(), Arc::clone(&stop), Arc::clone(&told));
            async move {
                for number in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let body = format!("{writer}-{number}");
                    let outcome = put(&store, &name(writer % 5), &[&body, &format!("{body}+")]).await;
                    let mut told = told.lock().unwrap();
                    match outcome {
                        Ok(appended) => drop(told.acknowledged.insert(body, appended.position)),
                        Err(AppendError::Unavailable(_)) => drop(told.refused.insert(body)),
                        Err(AppendError::Indeterminate(_)) => told.indeterminate += 1,
                        Err(conflict @ AppendError::Conflict { .. }) => panic!("{conflict}"),
                    }
                }
            }
        };
        let tasks = (0..writers).map(|writer| tokio::spawn(write(writer))).collect();
        Self { stop, told, tasks }
    }

    fn acknowledged(&self) -> usize {
        self.told.lock().unwrap().acknowledged.len()
    }

    /// Waits until so many more are acknowledged.
    async fn go_on(&self, more: usize) {
        let wanted = self.acknowledged() + more;
        while self.acknowledged() < wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn stop(self) -> Told {
        self.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.unwrap();
        }
        Arc::into_inner(self.told).unwrap().into_inner().unwrap()
    }
}

/// The log holds what was acknowledged, where it was said to be, and nothing that was refused, and nothing twice.
async fn check(reader: &impl EventReader, told: &Told) {
    let events = log(reader).await;
    let mut at = HashMap::new();
    for event in &events {
        let body = String::from_utf8(event.data.to_vec()).unwrap();
        assert!(!told.refused.contains(&body), "{body} was said not to be written");
        assert_eq!(at.insert(body.clone(), event.position), None, "{body} is there twice");
    }
    for (body, position) in &told.acknowledged {
        assert_eq!(at.get(&format!("{body}+")), Some(position), "{body} is not where it was said to be");
        assert_eq!(at.get(body), Some(&Position(position.0 - 1)), "{body} is not whole");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn backends_killed_again_and_again_lose_nothing_and_repeat_nothing() {
    const KILLS: i64 = 60;
    let url = Postgres::shared().database();
    let store = open(&url).await;
    let writers = Writers::start(&store, 16);
    let mut admin = admin(&url).await;
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND state = 'active' AND query LIKE '%orderflow_events.append%'";
    let mut killed = 0;
    while killed < KILLS {
        let found = sqlx::query_scalar::<_, i64>(kill).fetch_one(&mut admin).await.unwrap();
        killed += found;
        // At another moment of the commit each time; and never so often that nothing is committed any more.
        tokio::time::sleep(Duration::from_micros(killed as u64 * 37 % 2_000)).await;
        if found > 0 {
            writers.go_on(20).await;
        }
    }
    let told = writers.stop().await;
    check(&store, &told).await;
    assert_eq!((told.indeterminate, told.refused.len()), (0, 0), "every outcome was found out in time");
    assert!(matches!(store.health(), StoreHealth::Serving));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_and_returns_is_written_to_again() {
    let mut server = Postgres::start(Durability::Off, &[]).unwrap();
    let url = server.database();
    let store = open(&url).await;
    let writers = Writers::start(&store, 16);
    for _ in 0..2 {
        writers.go_on(100).await;
        server.stop(Signal::Quit).unwrap();
        while !matches!(store.health(), StoreHealth::Failing(_)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(store.read_all(Position::START, 1, &Wanted::ALL).await.is_err());
        server.start_again().unwrap();
        writers.go_on(100).await;
        assert!(matches!(store.health(), StoreHealth::Serving));
    }
    check(&store, &writers.stop().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_away_is_noticed_without_appends() {
    let mut server = Postgres::start(Durability::Off, &[]).unwrap();
    let store = open(&server.database()).await;
    put(&store, &name(1), &["1"]).await.unwrap();
    server.stop(Signal::Quit).unwrap();
    while !matches!(store.health(), StoreHealth::Failing(_)) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.start_again().unwrap();
    while !matches!(store.health(), StoreHealth::Serving) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(log(&store).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_out_of_connections_says_so_and_serves_what_is_open() {
    let server = Postgres::start(Durability::Off, &["max_connections=4", "superuser_reserved_connections=0"]).unwrap();
    let url = server.database();
    let options =
        PostgresOptions { readers: 1, acquire_timeout: Duration::from_millis(100), ..PostgresOptions::default() };
    let store = PostgresStore::open(&url, &options).await.unwrap();
    put(&store, &name(1), &["1"]).await.unwrap();
    store.head().await.unwrap();
    let mut others = Vec::new();
    while others.len() < 2 {
        others.push(admin(&url).await);
    }
    let refused = PostgresStore::open(&url, &options).await.err().expect("refused").to_string();
    assert!(refused.contains("takes no more connections: try again later"), "{refused}");
    put(&store, &name(1), &["2"]).await.unwrap();
    assert_eq!(log(&store).await.len(), 2);

    // The one reading connection is busy: whoever comes second is told so in time.
    sqlx::raw_sql("BEGIN; LOCK TABLE orderflow_events.head").execute(&mut others[0]).await.unwrap();
    let busy = tokio::spawn({
        let store = store.clone();
        async move { store.head().await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let refused = store.head().await.unwrap_err().to_string();
    assert!(refused.contains("none of 1 connections to the event store was free within 100 ms"), "{refused}");
    sqlx::raw_sql("ROLLBACK").execute(&mut others[0]).await.unwrap();
    assert_eq!(busy.await.unwrap().unwrap(), Position(2));
}

/// After a failover the same address may lead to a standby for a while.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_writes_is_left_for_one_that_does() {
    let url = Postgres::shared().database();
    let store = open(&url).await;
    put(&store, &name(1), &["1"]).await.unwrap();
    let mut admin = admin(&url).await;
    let set = |mode: &str| {
        let settings = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {mode}', \
             current_database()); END $$"
        );
        sqlx::AssertSqlSafe(settings)
    };
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::raw_sql(set("on")).execute(&mut admin).await.unwrap();
    sqlx::raw_sql(kill).execute(&mut admin).await.unwrap();
    while !matches!(store.health(), StoreHealth::Failing(_)) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let refused = put(&store, &name(1), &["2"]).await.unwrap_err();
    assert!(matches!(refused, AppendError::Unavailable(_)), "{refused}");
    let refused = PostgresStore::open(&url, &PostgresOptions::default()).await.err().expect("refused").to_string();
    assert!(refused.contains("takes no writes"), "{refused}");

    // No connection is closed: the store itself looks for another server.
    sqlx::raw_sql("SET default_transaction_read_only = off").execute(&mut admin).await.unwrap();
    sqlx::raw_sql(set("off")).execute(&mut admin).await.unwrap();
    while put(&store, &name(1), &["3"]).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let bodies: Vec<_> = log(&store).await.into_iter().map(|event| event.data).collect();
    assert_eq!(bodies, [&b"1"[..], b"3"]);
}
