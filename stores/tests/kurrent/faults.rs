//! What the server does not answer, or answers wrong: no acknowledged event is lost, and none is there twice.

use std::{sync::Arc, time::Duration};

use orderflow_engine::{
    AppendError, EventReader, EventStore,
    ExpectedVersion::{Exactly, NoStream},
    Version,
};
use orderflow_stores::{KurrentOptions, KurrentStore};
use orderflow_test_kurrentdb::{Faults, Options, Standin};

use crate::{append, bodies, impatient, log, name, open, put, put_at};

/// Sets a fault, appends, and looks at what is there.
async fn written_once_in_spite_of(fault: impl Fn(&Faults)) {
    let standin = Standin::start();
    let store = open(&standin.url()).await;
    let stream = name("faulty");
    let mut version = Version::ZERO;
    for body in ["1", "2", "3", "4"] {
        fault(standin.faults());
        let expected = orderflow_engine::ExpectedVersion::at(version);
        let appended = put_at(&store, &stream, expected, &[body, "and"]).await.unwrap();
        assert_eq!(appended.version, version.plus(2));
        let last = store.read_stream(&stream, version.plus(1), 10).await.unwrap();
        assert_eq!((last.len(), last[0].position), (1, appended.position));
        version = appended.version;
    }
    fault(standin.faults());
    put(&store, &stream, &["any"]).await.unwrap();
    assert_eq!(bodies(&store, &stream).await, ["1", "and", "2", "and", "3", "and", "4", "and", "any"]);
}

#[tokio::test]
async fn a_response_that_is_lost_after_the_commit() {
    written_once_in_spite_of(|faults| faults.lose_response_after_commit(2)).await;
}

#[tokio::test]
async fn an_append_that_is_refused_before_the_commit() {
    written_once_in_spite_of(|faults| faults.refuse_before_commit(2)).await;
}

#[tokio::test]
async fn an_append_that_times_out_committed_or_not() {
    written_once_in_spite_of(|faults| faults.time_out_appends(3)).await;
}

#[tokio::test]
async fn an_append_that_is_committed_when_it_was_sent_again() {
    written_once_in_spite_of(|faults| faults.commit_late(2, Duration::from_millis(15))).await;
}

#[tokio::test]
async fn all_of_it_at_once() {
    written_once_in_spite_of(|faults| {
        faults.commit_late(1, Duration::from_millis(30));
        faults.refuse_before_commit(1);
        faults.time_out_appends(2);
        faults.lose_response_after_commit(1);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_found_out_is_indeterminate() {
    let standin = Standin::start();
    let store = KurrentStore::open(&standin.url(), &impatient()).await.unwrap();
    let stream = name("unknown");
    standin.faults().lose_response_after_commit(usize::MAX);
    let outcome = put_at(&store, &stream, NoStream, &["1"]).await;
    assert!(matches!(outcome, Err(AppendError::Indeterminate(_))), "{outcome:?}");
    standin.faults().lose_response_after_commit(0);
    let patient = open(&standin.url()).await;
    assert_eq!(bodies(&patient, &stream).await, ["1"]);
    put_at(&patient, &stream, Exactly(Version(1)), &["2"]).await.unwrap();
}

/// Every try of it comes to the log after its caller was told that nobody knows. Another writer may be there by then.
#[tokio::test]
async fn an_append_that_was_given_up_may_still_be_written_but_once() {
    const LATE: Duration = Duration::from_secs(1);
    let standin = Standin::start();
    let (store, other) = (KurrentStore::open(&standin.url(), &impatient()).await.unwrap(), open(&standin.url()).await);
    for disputed in [false, true] {
        let stream = name(format!("given_up_{disputed}"));
        standin.faults().commit_late(usize::MAX, LATE);
        let outcome = put_at(&store, &stream, NoStream, &["ours", "both"]).await;
        assert!(matches!(outcome, Err(AppendError::Indeterminate(_))), "{outcome:?}");
        standin.faults().commit_late(0, LATE);
        let mut expected = vec!["ours", "both"];
        if disputed && put_at(&other, &stream, NoStream, &["theirs"]).await.is_ok() {
            expected = vec!["theirs"];
        }
        // By now all of them have come.
        tokio::time::sleep(LATE * 2).await;
        assert_eq!(bodies(&other, &stream).await, expected);
    }
}

/// Both writers decide the same, and the first one's answer is lost: the second must not take the first one's event for
/// its own.
#[tokio::test]
async fn an_equal_event_of_another_writer_is_a_conflict() {
    let standin = Standin::start();
    let (one, two) = (open(&standin.url()).await, open(&standin.url()).await);
    let stream = name("equal");
    for version in 0..20 {
        let expected = orderflow_engine::ExpectedVersion::at(Version(version));
        standin.faults().lose_response_after_commit(1);
        let (one, two) =
            tokio::join!(put_at(&one, &stream, expected, &["same"]), put_at(&two, &stream, expected, &["same"]));
        let outcomes = [&one, &two];
        let conflicts = outcomes.iter().filter(|outcome| match outcome {
            Ok(appended) => {
                assert_eq!(appended.version, Version(version + 1));
                false
            }
            Err(AppendError::Conflict { actual, .. }) => *actual == Version(version + 1),
            Err(other) => panic!("{other}"),
        });
        assert_eq!(conflicts.count(), 1, "{one:?} {two:?}");
    }
    assert_eq!(bodies(&one, &stream).await.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_rain_of_faults_every_acknowledged_event_is_there_once() {
    let standin = Arc::new(Standin::start());
    let stores = [open(&standin.url()).await, open(&standin.url()).await];
    let rain = tokio::spawn({
        let standin = Arc::clone(&standin);
        async move {
            for round in 0.. {
                match round % 5 {
                    0 => standin.faults().lose_response_after_commit(3),
                    1 => standin.faults().refuse_before_commit(3),
                    2 => standin.faults().time_out_appends(4),
                    3 => standin.faults().commit_late(3, Duration::from_millis(50)),
                    _ => standin.faults().end_subscriptions(),
                }
                // Tries that failed pause, so more faults than this would meet every one that is left.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    });
    let writers: Vec<_> = (0..16)
        .map(|writer| {
            let store = stores[writer % 2].clone();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for number in 0..30 {
                    let body = format!("\"{writer}-{number}\"");
                    match put(&store, &name(number % 5), &[&body]).await {
                        Ok(_) => acknowledged.push(body),
                        Err(AppendError::Indeterminate(_)) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
                acknowledged
            })
        })
        .collect();
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    rain.abort();
    let mut found: Vec<_> =
        log(&stores[0]).await.iter().map(|event| String::from_utf8_lossy(&event.data).into_owned()).collect();
    let count = found.len();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), count, "no event is there twice");
    assert!(acknowledged.iter().all(|body| found.binary_search(body).is_ok()), "no acknowledged event is lost");
    assert!(acknowledged.len() > 400, "nearly all are found out: {}", acknowledged.len());
}

#[tokio::test]
async fn an_append_that_is_too_large_says_so_and_leaves_the_others_alone() {
    let standin = Standin::start_with(Options { max_append_bytes: 100_000, ..Options::default() });
    let store = open(&standin.url()).await;
    let beside = store.submit(append(&name("beside"), NoStream, &["1"])).await;
    let large = format!("\"{}\"", "x".repeat(60_000));
    let Err(AppendError::Unavailable(cause)) = put_at(&store, &name("large"), NoStream, &[&large, &large]).await else {
        panic!("it must not be taken");
    };
    assert!(cause.to_string().contains("Append Size"), "{cause}");
    beside.wait().await.unwrap();
    let huge = "x".repeat(17 * 1024 * 1024);
    let Err(AppendError::Unavailable(cause)) = put_at(&store, &name("large"), NoStream, &[&huge]).await else {
        panic!("it must not be sent");
    };
    assert!(cause.to_string().contains("too large"), "{cause}");
    // Half of it is taken: nothing of the refused one is there.
    put_at(&store, &name("large"), NoStream, &[&large]).await.unwrap();
}

#[tokio::test]
async fn an_append_without_events_is_refused() {
    let standin = Standin::start();
    let store = open(&standin.url()).await;
    assert!(matches!(put(&store, &name("empty"), &[]).await, Err(AppendError::Unavailable(_))));
    assert!(standin.appended().is_empty());
}

#[tokio::test]
async fn closing_decides_what_waits_and_refuses_what_comes_later() {
    let standin = Standin::start();
    standin.faults().delay(Duration::from_millis(20));
    let store = KurrentStore::open(&standin.url(), &KurrentOptions::default()).await.unwrap();
    let mut tickets = Vec::new();
    for number in 0..20 {
        tickets.push(store.submit(append(&name(number), NoStream, &["1"])).await);
    }
    store.close().await;
    for ticket in tickets {
        ticket.peek().expect("decided").as_ref().expect("appended");
    }
    assert!(matches!(put(&store, &name("late"), &["1"]).await, Err(AppendError::Unavailable(_))));
    assert!(matches!(store.health(), orderflow_stores::StoreHealth::Closed));
    assert_eq!(log(&store).await.len(), 20, "it can still be read");
}

#[tokio::test]
async fn whoever_queues_behind_the_closing_is_refused() {
    let standin = Standin::start();
    let tiny = KurrentOptions { queue: 1, ..KurrentOptions::default() };
    let store = KurrentStore::open(&standin.url(), &tiny).await.unwrap();
    standin.faults().delay(Duration::from_millis(50));
    let before = store.submit(append(&name("before"), NoStream, &["1"])).await;
    let behind = async { store.submit(append(&name("behind"), NoStream, &["1"])).await.wait().await };
    let ((), behind) = tokio::join!(biased; store.close(), behind);
    before.wait().await.unwrap();
    assert!(matches!(behind, Err(AppendError::Unavailable(_))), "{behind:?}");
    assert_eq!(log(&store).await.len(), 1);
}
