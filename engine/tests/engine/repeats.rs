//! The same command twice has one effect.

use orderflow_engine::{EventReader, ExecuteError, FirstLook, Handler, MemoryStore, Tenant, Version};

use crate::counter::{Counter, CounterCommand, keyed, once};

async fn add(
    handler: &Handler<Counter, MemoryStore>, command: u128, payload: u128,
) -> Result<orderflow_engine::Outcome<crate::counter::CounterEvent>, ExecuteError<crate::counter::BeyondLimit>> {
    handler.execute(&Tenant::default(), "a", &CounterCommand::Add(1), &keyed(command, payload)).await
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_another_payload_is_refused() {
    let store = MemoryStore::new();
    let handler = Handler::<Counter, _>::new(store.clone(), 10);
    let first = add(&handler, 1, 1).await.unwrap();
    add(&handler, 2, 2).await.unwrap();
    // The same process, and one that has never heard of it.
    for handler in [handler.clone(), Handler::new(store.clone(), 10)] {
        let again = add(&handler, 1, 1).await.unwrap();
        assert_eq!((again.version, again.position, &again.events), (first.version, first.position, &first.events));
        assert!(again.repeated && !first.repeated);
        assert!(matches!(add(&handler, 1, 9).await, Err(ExecuteError::KeyReused)));
    }
    assert_eq!(store.head().await.unwrap().0, 2);
}

#[tokio::test]
async fn a_repeat_is_recognised_before_any_condition_or_rule() {
    let handler = Handler::<Counter, _>::new(MemoryStore::new(), 10);
    let mut envelope = keyed(1, 1);
    envelope.if_version = Some(Version::ZERO);
    let tenant = Tenant::default();
    let all = CounterCommand::Add(crate::counter::LIMIT);
    handler.execute(&tenant, "a", &all, &envelope).await.unwrap();
    let again = handler.execute(&tenant, "a", &all, &envelope).await.unwrap();
    assert!(again.repeated, "although the version is another one now, and the limit is reached");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_repeats_at_once_have_one_effect() {
    let store = MemoryStore::new();
    let shared = Handler::<Counter, _>::new(store.clone(), 10);
    let callers: Vec<_> = (0..50)
        .map(|caller| {
            let handler = if caller % 5 == 0 { Handler::new(store.clone(), 10) } else { shared.clone() };
            tokio::spawn(async move {
                let mut envelope = keyed(7, 7);
                envelope.first_look = FirstLook::AssumeNew;
                handler.execute(&Tenant::default(), "a", &CounterCommand::Add(1), &envelope).await.unwrap().version
            })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Version(1));
    }
    assert_eq!(store.head().await.unwrap().0, 1);
}

/// More repeatable commands than a stream's fold remembers: the oldest is found in the stream.
#[tokio::test]
async fn a_repeat_is_recognised_however_long_ago_it_was() {
    let store = MemoryStore::new();
    let handler = Handler::<Counter, _>::new(store.clone(), 10);
    for command in 0..1500 {
        add(&handler, command, command).await.unwrap();
    }
    for handler in [handler, Handler::new(store.clone(), 10)] {
        for command in [0, 1, 600, 1499] {
            let again = add(&handler, command, command).await.unwrap();
            assert_eq!((again.repeated, again.version), (true, Version(command as u64 + 1)));
        }
        assert!(matches!(add(&handler, 3, 4).await, Err(ExecuteError::KeyReused)));
    }
    assert_eq!(store.head().await.unwrap().0, 1500);
}

#[tokio::test]
async fn a_command_that_nobody_repeats_is_not_remembered() {
    let handler = Handler::<Counter, _>::new(MemoryStore::new(), 10);
    for _ in 0..2 {
        handler.execute(&Tenant::default(), "a", &CounterCommand::Add(1), &once(1)).await.unwrap();
    }
    assert_eq!(handler.look(&Tenant::default(), "a", |count, _| *count).await.unwrap(), 2);
}
