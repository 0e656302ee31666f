//! Sequence, concurrency, conflicts, preconditions, snapshots.

use orderflow_engine::{
    EventReader, ExecuteError, FirstLook, Handler, MemoryStore, StreamName, Tenant, Version, replay,
};

use crate::counter::{BeyondLimit, Counter, CounterCommand, LIMIT, at, once};

fn tenant() -> Tenant {
    Tenant::default()
}

async fn count(store: &MemoryStore, id: &str) -> (u64, Version) {
    let stream = StreamName::parse(format!("counter-{id}")).unwrap();
    let replayed = replay::<Counter>(store, &stream, |_| true).await.unwrap();
    (replayed.state, replayed.version)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_callers_on_one_stream_lose_nothing() {
    let store = MemoryStore::new();
    let handler = Handler::<Counter, _>::new(store.clone(), 10);
    let callers: Vec<_> = (0..64)
        .map(|caller| {
            let handler = handler.clone();
            tokio::spawn(async move {
                for turn in 0..20 {
                    let envelope = once(caller * 1000 + turn);
                    handler.execute(&tenant(), "hot", &CounterCommand::Add(1), &envelope).await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(count(&store, "hot").await, (64 * 20, Version(64 * 20)));
}

/// As if in two processes: each handler has caches of its own, so each is often wrong about the version.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handlers_that_know_nothing_of_each_other_lose_nothing_either() {
    let store = MemoryStore::new();
    let callers: Vec<_> = (0..4)
        .map(|caller| {
            let handler = Handler::<Counter, _>::new(store.clone(), 10);
            tokio::spawn(async move {
                let mut done = 0;
                for turn in 0..200 {
                    let envelope = once(caller * 1000 + turn);
                    match handler.execute(&tenant(), "shared", &CounterCommand::Add(1), &envelope).await {
                        Ok(_) => done += 1,
                        Err(ExecuteError::Contended { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for caller in callers {
        done += caller.await.unwrap();
    }
    assert!(done > 0);
    assert_eq!(count(&store, "shared").await, (done, Version(done)));
}

#[tokio::test]
async fn a_wrong_guess_that_a_stream_is_new_costs_a_conflict_and_no_more() {
    let store = MemoryStore::new();
    let first = Handler::<Counter, _>::new(store.clone(), 10);
    first.execute(&tenant(), "a", &CounterCommand::Add(5), &once(1)).await.unwrap();
    let second = Handler::<Counter, _>::new(store.clone(), 10);
    let mut envelope = once(2);
    envelope.first_look = FirstLook::AssumeNew;
    let outcome = second.execute(&tenant(), "a", &CounterCommand::Reach(7), &envelope).await.unwrap();
    assert_eq!(outcome.version, Version(2));
    assert_eq!(count(&store, "a").await.0, 7);
}

#[tokio::test]
async fn a_condition_on_the_version_is_kept() {
    let handler = Handler::<Counter, _>::new(MemoryStore::new(), 10);
    handler.execute(&tenant(), "a", &CounterCommand::Add(1), &at(1, 0)).await.unwrap();
    handler.execute(&tenant(), "a", &CounterCommand::Add(1), &at(2, 1)).await.unwrap();
    let stale = handler.execute(&tenant(), "a", &CounterCommand::Add(1), &at(3, 1)).await.unwrap_err();
    assert!(matches!(stale, ExecuteError::Stale { expected: Version(1), actual: Version(2) }), "{stale:?}");
}

#[tokio::test]
async fn a_refusal_and_a_satisfied_intention_leave_no_trace() {
    let store = MemoryStore::new();
    let handler = Handler::<Counter, _>::new(store.clone(), 10);
    let refused = handler.execute(&tenant(), "a", &CounterCommand::Add(LIMIT + 1), &once(1)).await.unwrap_err();
    assert!(matches!(refused, ExecuteError::Rejected(BeyondLimit)), "{refused:?}");
    handler.execute(&tenant(), "a", &CounterCommand::Reach(3), &once(2)).await.unwrap();
    let again = handler.execute(&tenant(), "a", &CounterCommand::Reach(3), &once(3)).await.unwrap();
    assert_eq!((again.events, again.version, again.position), (vec![], Version(1), None));
    assert_eq!(store.head().await.unwrap().0, 1);
}

#[tokio::test]
async fn tenants_do_not_meet() {
    let store = MemoryStore::new();
    let handler = Handler::<Counter, _>::new(store.clone(), 10);
    let acme = Tenant::new("acme").unwrap();
    handler.execute(&acme, "a", &CounterCommand::Add(9), &once(1)).await.unwrap();
    assert_eq!(handler.look(&tenant(), "a", |count, version| (*count, version)).await.unwrap(), (0, Version::ZERO));
    assert_eq!(handler.look(&acme, "a", |count, version| (*count, version)).await.unwrap(), (9, Version(1)));
}

/// The snapshot is of a state that the events do not lead to: who loads it shows that it was used.
#[tokio::test]
async fn a_stream_is_loaded_from_its_snapshot_and_the_tail() {
    use orderflow_engine::{EventStore, Snapshot};
    let store = MemoryStore::new();
    let stream = StreamName::parse("counter-a").unwrap();
    let writer = Handler::<Counter, _>::new(store.clone(), 10);
    for turn in 0..25 {
        writer.execute(&tenant(), "a", &CounterCommand::Add(1), &once(turn)).await.unwrap();
    }
    let saved = store.load_snapshot(&stream).await.unwrap().expect("one is saved every 10 events");
    assert_eq!((saved.version, saved.schema), (Version(20), 1));
    let look = async |store: &MemoryStore| {
        let handler = Handler::<Counter, _>::new(store.clone(), 10);
        handler.look(&tenant(), "a", |count, version| (*count, version)).await.unwrap()
    };
    assert_eq!(look(&store).await, (25, Version(25)));

    let text = String::from_utf8(saved.data.to_vec()).unwrap();
    let forged = Snapshot { data: text.replace("\"state\":20", "\"state\":1020").into(), ..saved.clone() };
    store.save_snapshot(stream.clone(), forged).await;
    assert_eq!(look(&store).await, (1025, Version(25)), "the snapshot is used");
    for useless in [Snapshot { schema: 2, ..saved.clone() }, Snapshot { data: "{}".into(), ..saved }] {
        store.save_snapshot(stream.clone(), useless).await;
        assert_eq!(look(&store).await, (25, Version(25)), "one that does not fit is ignored");
    }
}
