//! What opening a store makes, and what it refuses, with words that say what to do.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use orderflow_engine::{AppendError, EventReader, EventStore, ExpectedVersion, Version};
use orderflow_stores::{PostgresOpenError as OpenError, PostgresOptions, PostgresReader, PostgresStore, StoreHealth};
use orderflow_test_servers::{Durability, Postgres, free_port};

use crate::{admin, append, log, name, open, put};

/// Refused by both halves.
async fn refused(url: &str) -> OpenError {
    let options = PostgresOptions { connect_timeout: Duration::from_secs(2), ..PostgresOptions::default() };
    let error = PostgresStore::open(url, &options).await.err().expect("refused");
    let by_reader = PostgresReader::open(url, &options).await.err().expect("refused");
    assert_eq!(error.to_string(), by_reader.to_string());
    error
}

#[tokio::test]
async fn a_wrong_url_is_refused() {
    assert!(matches!(refused("mysql://me@db/events").await, OpenError::Url { .. }));
    assert!(matches!(refused("postgres://127.0.0.1/events").await, OpenError::NoUser));
    let nobody_listens = format!("postgres://me:secret@127.0.0.1:{}/events", free_port().unwrap());
    let error = refused(&nobody_listens).await;
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("start the server, or correct the URL"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_refused_in_time() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = refused(&format!("postgres://me@{}/events", silent.local_addr().unwrap())).await;
    assert!(matches!(error, OpenError::Silent { .. }), "{error}");
}

#[tokio::test]
async fn wrong_credentials_and_databases_are_refused() {
    let rules = tempfile::NamedTempFile::new().unwrap();
    fs::write(rules.path(), "host all me 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n").unwrap();
    fs::set_permissions(rules.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let server = Postgres::start(Durability::Off, &[&format!("hba_file={}", rules.path().display())]).unwrap();
    let url = server.database();
    sqlx::raw_sql("CREATE ROLE me LOGIN SUPERUSER PASSWORD 'secret'").execute(&mut admin(&url).await).await.unwrap();
    let by_me = |password: &str| url.replace("postgres@", &format!("me:{password}@"));
    let error = refused(&by_me("wrong")).await;
    assert!(matches!(error, OpenError::Credentials { .. }), "{error}");
    assert!(error.to_string().contains("correct the name or the password in the URL"), "{error}");
    assert!(matches!(refused(&url.replace("postgres@", "stranger@")).await, OpenError::Credentials { .. }));
    let error = refused(&server.url("nowhere")).await;
    assert!(matches!(error, OpenError::UnknownDatabase { .. }), "{error}");
    put(&open(&by_me("secret")).await, &name(1), &["1"]).await.unwrap();
}

#[tokio::test]
async fn a_schema_from_a_newer_version_is_refused() {
    let url = Postgres::shared().database();
    open(&url).await.close().await;
    let newer = "UPDATE orderflow_events.schema_version SET version = 99";
    sqlx::raw_sql(newer).execute(&mut admin(&url).await).await.unwrap();
    let error = refused(&url).await;
    assert!(matches!(error, OpenError::Newer { found: 99, known: 1, .. }), "{error}");
    assert!(error.to_string().ends_with("use a newer version of the program"), "{error}");
}

#[tokio::test]
async fn a_reader_makes_nothing() {
    let url = Postgres::shared().database();
    let missing = PostgresReader::open(&url, &PostgresOptions::default()).await.err().expect("refused");
    assert!(matches!(missing, OpenError::Missing { .. }), "{missing}");
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'orderflow_events'";
    assert_eq!(sqlx::query_scalar::<_, i64>(schemas).fetch_one(&mut admin(&url).await).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_that_start_at_once_make_one_schema() {
    let url = Postgres::shared().database();
    let starting: Vec<_> = (0..8)
        .map(|number| {
            let url = url.clone();
            tokio::spawn(async move { put(&open(&url).await, &name(number), &["1"]).await.unwrap() })
        })
        .collect();
    for started in starting {
        started.await.unwrap();
    }
    assert_eq!(log(&open(&url).await).await.len(), 8);
}

/// A database may be set up to acknowledge what it can lose, or to show a transaction an old state.
#[tokio::test]
async fn sessions_are_set_up_for_what_they_do_whatever_the_defaults() {
    let url = Postgres::shared().database();
    open(&url).await.close().await;
    let mut admin = admin(&url).await;
    for statement in [
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database());
         EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database());
         END $$",
        "CREATE TABLE seen (durability text, isolation text)",
        "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen
         VALUES (current_setting('synchronous_commit'), current_setting('transaction_isolation')); RETURN NEW; END $$",
        "CREATE TRIGGER look AFTER INSERT ON orderflow_events.events FOR EACH ROW EXECUTE FUNCTION look()",
    ] {
        sqlx::raw_sql(statement).execute(&mut admin).await.unwrap();
    }
    put(&open(&format!("{url}?options[synchronous_commit]=off")).await, &name(1), &["1"]).await.unwrap();
    put(&open(&format!("{url}?options[synchronous_commit]=remote_apply")).await, &name(1), &["1"]).await.unwrap();
    let seen: Vec<(String, String)> = sqlx::query_as("SELECT * FROM seen").fetch_all(&mut admin).await.unwrap();
    let committed = |durability: &str| (durability.to_owned(), "read committed".to_owned());
    assert_eq!(seen, [committed("on"), committed("remote_apply")]);
}

#[tokio::test]
async fn closing_decides_what_is_queued() {
    let url = Postgres::shared().database();
    let store = open(&url).await;
    let mut tickets = Vec::new();
    for version in 0..100 {
        tickets.push(store.submit(append(&name(1), ExpectedVersion::at(Version(version)), &["1"])).await);
    }
    store.close().await;
    assert!(tickets.iter().all(|ticket| matches!(ticket.peek(), Some(Ok(_)))));
    assert!(matches!(store.health(), StoreHealth::Closed));
    let refused = put(&store, &name(1), &["1"]).await.unwrap_err();
    assert!(matches!(&refused, AppendError::Unavailable(cause) if cause.to_string() == "the event store is closed"));
    store.close().await;
    assert_eq!(log(&store).await.len(), 100, "a closed store can be read");
    assert_eq!(store.head().await.unwrap().0, 100);
}

#[tokio::test]
async fn dropping_the_store_decides_what_is_queued() {
    let store = open(&Postgres::shared().database()).await;
    let ticket = store.submit(append(&name(1), ExpectedVersion::NoStream, &["1"])).await;
    drop(store);
    ticket.wait().await.unwrap();
}
