//! Appends that are held open while later ones are submitted: nobody who follows the log skips one.

use std::time::Duration;

use orderflow_engine::{EventReader, EventStore, ExpectedVersion, Position, RawEvent, Wanted};
use orderflow_stores::{PostgresOptions, PostgresReader};
use orderflow_test_servers::Postgres;

use crate::{admin, append, log, name, open, put};

const STORES: usize = 4;
const WRITERS: usize = 32;
const APPENDS: usize = 20_000 / STORES / WRITERS + 1;

/// Reads page by page until it has met `wanted` events, and fails when a position is skipped.
async fn follow(reader: impl EventReader, page: usize, wanted: usize) -> Vec<RawEvent> {
    let mut read: Vec<RawEvent> = Vec::new();
    let mut through = Position::START;
    let mut watch = reader.watch();
    while read.len() < wanted {
        let next = reader.read_all(through, page, &Wanted::ALL).await.unwrap();
        for event in next.events {
            assert_eq!(event.position.0, read.len() as u64 + 1, "no position is skipped");
            read.push(event);
        }
        assert_eq!(next.through.0, read.len() as u64, "nothing is passed over unseen");
        if next.through == through {
            let _ = tokio::time::timeout(Duration::from_millis(20), watch.changed()).await;
        }
        through = next.through;
    }
    read
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_beside_slow_appends_meet_every_event_in_order() {
    let url = Postgres::shared().database();
    let first = open(&url).await;
    let mut admin = admin(&url).await;
    // One append in some hundred stays open for a while after its positions were given.
    for statement in [
        "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN IF NEW.position % 211 = 0 THEN PERFORM pg_sleep(0.02); END IF; RETURN NEW; END $$",
        "CREATE TRIGGER linger AFTER INSERT ON orderflow_events.events FOR EACH ROW EXECUTE FUNCTION linger()",
    ] {
        sqlx::raw_sql(statement).execute(&mut admin).await.unwrap();
    }
    let wanted = STORES * WRITERS * APPENDS;
    let mut readers = Vec::new();
    for page in [1, 7, 64, 1000] {
        let reader = PostgresReader::open(&url, &PostgresOptions::default()).await.unwrap();
        // One event at a time is slow: that reader gives up early.
        readers.push(tokio::spawn(follow(reader, page, if page == 1 { wanted / 20 } else { wanted })));
    }
    readers.push(tokio::spawn(follow(first.clone(), 100, wanted)));

    let mut writers = Vec::new();
    for store in 0..STORES {
        let store_handle = if store == 0 { first.clone() } else { open(&url).await };
        for writer in 0..WRITERS {
            let store_handle = store_handle.clone();
            writers.push(tokio::spawn(async move {
                // Half of the streams are written by one writer each, the others by all.
                let own = if writer % 2 == 0 { format!("{store}-{writer}") } else { format!("all-{writer}") };
                for number in 0..APPENDS {
                    put(&store_handle, &name(&own), &[&format!("{store}-{writer}-{number}")]).await.unwrap();
                }
            }));
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let log = log(&first).await;
    assert_eq!(log.len(), wanted);
    for reader in readers {
        let read = reader.await.unwrap();
        assert!(read == log[..read.len()], "a reader beside the writers sees what a later reader sees");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_seen_past_an_append_that_is_held_open() {
    const HELD: u64 = 5;
    let url = Postgres::shared().database();
    let (one, two) = (open(&url).await, open(&url).await);
    put(&one, &name("before"), &["1"]).await.unwrap();
    let mut admin = admin(&url).await;
    for statement in [
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN IF NEW.position = 2 THEN PERFORM pg_advisory_xact_lock(4711); END IF; RETURN NEW; END $$",
        "CREATE TRIGGER hold AFTER INSERT ON orderflow_events.events FOR EACH ROW EXECUTE FUNCTION hold()",
        "SELECT pg_advisory_lock(4711)",
    ] {
        sqlx::raw_sql(statement).execute(&mut admin).await.unwrap();
    }
    let held = one.submit(append(&name("held"), ExpectedVersion::NoStream, &["1"])).await;
    let is_held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while sqlx::query_scalar::<_, i64>(is_held).fetch_one(&mut admin).await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut later = Vec::new();
    for number in 0..HELD {
        later.push(two.submit(append(&name(number), ExpectedVersion::NoStream, &["1"])).await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(held.peek().is_none() && later.iter().all(|ticket| ticket.peek().is_none()), "they wait in turn");
    assert_eq!(two.head().await.unwrap(), Position(1));
    assert_eq!(two.read_all(Position(1), 10, &Wanted::ALL).await.unwrap().through, Position(1));

    sqlx::raw_sql("SELECT pg_advisory_unlock(4711)").execute(&mut admin).await.unwrap();
    assert_eq!(held.wait().await.unwrap().position, Position(2));
    for ticket in later {
        assert!(ticket.wait().await.unwrap().position > Position(2));
    }
    assert_eq!(log(&two).await.len() as u64, HELD + 2);
}
