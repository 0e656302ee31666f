//! A connection that is lost at the worst moment: what became of the appends is found out, and nothing is written
//! twice.

use std::time::Duration;

use orderflow_engine::{
    AppendError, EventStore,
    ExpectedVersion::{self, Any, Exactly, NoStream},
    Version,
};
use orderflow_stores::{PostgresOptions, PostgresStore, StoreHealth};
use orderflow_test_servers::Postgres;

use crate::{
    admin, append, log, name, open,
    proxy::{Fault, Proxy},
    put,
};

async fn behind_a_proxy(options: &PostgresOptions) -> (Proxy, PostgresStore, String) {
    let url = Postgres::shared().database();
    let proxy = Proxy::start(Postgres::shared().port()).await;
    let store = PostgresStore::open(&proxy.url(&url), options).await.unwrap();
    put(&store, &name("warm"), &["0"]).await.unwrap();
    (proxy, store, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_after_the_commit_is_found_again() {
    let (proxy, store, _) = behind_a_proxy(&PostgresOptions::default()).await;
    let stream = name("lost");
    for number in 0..20_u64 {
        proxy.set(Fault::LoseAnswers);
        // The second is in the same group or behind it: either way it is decided after the first. The third is wrong.
        let one = store.submit(append(&stream, ExpectedVersion::at(Version(number * 2)), &["1"])).await;
        let two = store.submit(append(&stream, Exactly(Version(number * 2 + 1)), &["2"])).await;
        let wrong = store.submit(append(&stream, NoStream, &["x"])).await;
        assert_eq!(one.wait().await.unwrap().version, Version(number * 2 + 1));
        assert_eq!(two.wait().await.unwrap().version, Version(number * 2 + 2));
        let refused = wrong.wait().await;
        assert!(matches!(refused, Err(AppendError::Conflict { actual, .. }) if actual == Version(number * 2 + 2)));
    }
    assert!(proxy.lost() >= 20, "{} answers were lost", proxy.lost());
    assert_eq!(log(&store).await.len(), 41);
    assert!(matches!(store.health(), StoreHealth::Serving));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_arrives_late_does_nothing() {
    let options = PostgresOptions { append_timeout: Duration::from_millis(300), ..PostgresOptions::default() };
    let (proxy, store, url) = behind_a_proxy(&options).await;
    for (number, later) in [(1, 0), (2, 3)] {
        proxy.set(Fault::HoldQuestions);
        let before = proxy.connections();
        // It expects nothing, so only the store itself can know that it was written already.
        put(&store, &name("late"), &["1"]).await.unwrap();
        assert!(proxy.connections() > before, "it was sent again on a new wire");
        for _ in 0..later {
            put(&store, &name("later"), &["1"]).await.unwrap();
        }
        proxy.set(Fault::Release);
        let mut admin = admin(&url).await;
        let writers = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE '%orderflow_events.append%' AND pid <> pg_backend_pid()";
        while sqlx::query_scalar::<_, i64>(writers).fetch_one(&mut admin).await.unwrap() > 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(log(&store).await.iter().filter(|event| event.stream == name("late")).count(), number);
    }
    assert_eq!(log(&store).await.len(), 1 + 2 + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_makes_appends_indeterminate_and_later_ones_go_on() {
    let ms = Duration::from_millis;
    let options = PostgresOptions {
        append_timeout: ms(300),
        connect_timeout: ms(300),
        outage_timeout: ms(300),
        resolve_timeout: ms(1000),
        ..PostgresOptions::default()
    };
    let (proxy, store, url) = behind_a_proxy(&options).await;
    proxy.set_dark(true);
    let began = std::time::Instant::now();
    let sent = put(&store, &name("dark"), &["1"]).await;
    assert!(matches!(sent, Err(AppendError::Indeterminate(_))), "{sent:?}");
    let unsent = put(&store, &name("dark"), &["2"]).await;
    assert!(matches!(unsent, Err(AppendError::Unavailable(_))), "{unsent:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(matches!(store.health(), StoreHealth::Failing(_)));

    proxy.set_dark(false);
    while !matches!(store.health(), StoreHealth::Serving) {
        tokio::time::sleep(ms(20)).await;
    }
    put(&store, &name("light"), &["3"]).await.unwrap();
    let bodies: Vec<_> = log(&open(&url).await).await.into_iter().map(|event| event.data).collect();
    assert_eq!(bodies.iter().filter(|body| &body[..] == b"2").count(), 0, "what is unavailable is not written");
    assert!(bodies.iter().filter(|body| &body[..] == b"1").count() <= 1);
    assert_eq!(bodies.last().map(|body| &body[..]), Some(&b"3"[..]));
}

/// A store that the server has forgotten makes itself known again.
#[tokio::test]
async fn a_writer_that_was_forgotten_writes_on() {
    let url = Postgres::shared().database();
    let store = open(&url).await;
    put(&store, &name(1), &["1"]).await.unwrap();
    sqlx::raw_sql("DELETE FROM orderflow_events.writers").execute(&mut admin(&url).await).await.unwrap();
    let appended = store.submit(append(&name(1), Any, &["2"])).await.wait().await.unwrap();
    assert_eq!(appended.version, Version(2));
    assert_eq!(log(&store).await.len(), 2);
}

/// Nobody can find out any more what became of the group, so it is not sent again: it would be there twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_was_forgotten_before_it_could_ask_repeats_nothing() {
    let (proxy, store, url) = behind_a_proxy(&PostgresOptions::default()).await;
    let mut admin = admin(&url).await;
    proxy.set_dark(true);
    proxy.set(Fault::LoseAnswers);
    let ticket = store.submit(append(&name("doubt"), Any, &["1"])).await;
    while sqlx::query_scalar::<_, i64>("SELECT position FROM orderflow_events.head")
        .fetch_one(&mut admin)
        .await
        .unwrap()
        < 2
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sqlx::raw_sql("DELETE FROM orderflow_events.writers").execute(&mut admin).await.unwrap();
    proxy.set_dark(false);
    let outcome = ticket.wait().await;
    assert!(matches!(outcome, Err(AppendError::Indeterminate(_))), "{outcome:?}");
    put(&store, &name("later"), &["2"]).await.unwrap();
    assert_eq!(log(&store).await.len(), 3);
}

/// Its caller was told of a conflict and has decided again, so it must not come to be when its time has come.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_copy_of_a_group_that_was_refused_does_nothing() {
    let options = PostgresOptions { append_timeout: Duration::from_millis(300), ..PostgresOptions::default() };
    let (proxy, store, url) = behind_a_proxy(&options).await;
    proxy.set(Fault::HoldQuestions);
    let refused = store.submit(append(&name("refused"), Exactly(Version(1)), &["early"])).await.wait().await;
    assert!(matches!(refused, Err(AppendError::Conflict { actual: Version::ZERO, .. })), "{refused:?}");
    put(&open(&url).await, &name("refused"), &["1"]).await.unwrap();
    proxy.set(Fault::Release);
    settled(&url).await;
    let bodies: Vec<_> = log(&store).await.into_iter().map(|event| event.data).collect();
    assert_eq!(bodies, [&b"0"[..], b"1"]);
}

/// Until no statement of a writer is under way.
async fn settled(url: &str) {
    let mut admin = admin(url).await;
    let appends = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
        AND query LIKE '%orderflow_events.append%' AND pid <> pg_backend_pid()";
    // Held questions reach the server a moment after they are released.
    tokio::time::sleep(Duration::from_millis(100)).await;
    while sqlx::query_scalar::<_, i64>(appends).fetch_one(&mut admin).await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
