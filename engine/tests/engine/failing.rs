//! A store that answers late, or not as one would wish: nothing is answered before what it rests on is durable.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use orderflow_engine::{
    Append, AppendError, Cause, Envelope, EventReader, EventStore, ExecuteError, Handler, MemoryStore, Page, Position,
    RawEvent, ReadError, Snapshot, StreamName, Tenant, Ticket, Version, Wanted, Writers, store::Completer,
};
use tokio::sync::watch;

use crate::counter::{Counter, CounterCommand, LIMIT, keyed, once};

/// Decides nothing until it is told to.
#[derive(Clone, Default)]
struct SlowStore {
    inner: MemoryStore,
    waiting: Arc<Mutex<Vec<Waiting>>>,
}

/// An append, what it rests on, and who waits for it.
type Waiting = (Append, Option<Ticket>, Completer);

impl SlowStore {
    async fn waiting(&self) -> usize {
        // Long enough for whoever was let go to get to where it waits.
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.waiting.lock().unwrap().len()
    }

    async fn write_all(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap());
        for (append, rests_on, completer) in waiting {
            completer.complete(self.inner.submit_after(append, rests_on).await.wait().await);
        }
    }

    fn fail_all(&self, error: impl Fn(Cause) -> AppendError) {
        for (_, _, completer) in std::mem::take(&mut *self.waiting.lock().unwrap()) {
            completer.complete(Err(error(Cause::new("as the test wants it"))));
        }
    }
}

impl EventReader for SlowStore {
    async fn read_stream(&self, stream: &StreamName, after: Version, limit: usize) -> Result<Vec<RawEvent>, ReadError> {
        self.inner.read_stream(stream, after, limit).await
    }

    async fn read_all(&self, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, ReadError> {
        self.inner.read_all(after, limit, wanted).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.inner.head().await
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.inner.watch()
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        self.inner.load_snapshot(stream).await
    }
}

impl EventStore for SlowStore {
    fn writers(&self) -> Writers {
        Writers::Several
    }

    async fn submit_after(&self, append: Append, rests_on: Option<Ticket>) -> Ticket {
        let (completer, ticket) = Ticket::new();
        self.waiting.lock().unwrap().push((append, rests_on, completer));
        ticket
    }

    async fn save_snapshot(&self, stream: StreamName, snapshot: Snapshot) {
        self.inner.save_snapshot(stream, snapshot).await;
    }
}

type Answer = tokio::task::JoinHandle<
    Result<orderflow_engine::Outcome<crate::counter::CounterEvent>, ExecuteError<crate::counter::BeyondLimit>>,
>;

struct Scene {
    store: SlowStore,
    handler: Handler<Counter, SlowStore>,
}

impl Scene {
    fn new() -> Self {
        let store = SlowStore::default();
        Self { handler: Handler::new(store.clone(), 10), store }
    }

    fn send(&self, id: u128, command: CounterCommand) -> Answer {
        let handler = self.handler.clone();
        tokio::spawn(async move { handler.execute(&Tenant::default(), "a", &command, &once(id)).await })
    }
}

#[tokio::test]
async fn the_next_command_is_decided_before_the_last_one_is_durable() {
    let scene = Scene::new();
    let answers: Vec<_> = (0..5).map(|id| scene.send(id, CounterCommand::Add(1))).collect();
    assert_eq!(scene.store.waiting().await, 5, "none waits for another");
    assert!(answers.iter().all(|answer| !answer.is_finished()), "none is answered yet");
    scene.store.write_all().await;
    for (index, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.await.unwrap().unwrap().version, Version(index as u64 + 1));
    }
}

#[tokio::test]
async fn a_refusal_or_a_satisfied_intention_waits_for_what_it_rests_on() {
    let scene = Scene::new();
    let all = scene.send(1, CounterCommand::Add(LIMIT));
    assert_eq!(scene.store.waiting().await, 1);
    let refused = scene.send(2, CounterCommand::Add(1));
    let satisfied = scene.send(3, CounterCommand::Reach(5));
    let looked = tokio::spawn({
        let handler = scene.handler.clone();
        async move { handler.look(&Tenant::default(), "a", |count, _| *count).await }
    });
    assert_eq!(scene.store.waiting().await, 1, "they have nothing to append");
    assert!(!refused.is_finished() && !satisfied.is_finished() && !looked.is_finished());
    scene.store.write_all().await;
    all.await.unwrap().unwrap();
    assert!(matches!(refused.await.unwrap(), Err(ExecuteError::Rejected(_))));
    assert!(satisfied.await.unwrap().unwrap().events.is_empty());
    assert_eq!(looked.await.unwrap().unwrap(), LIMIT);
}

/// What the refusal rested on never came to be, so the command is decided again, and is right.
#[tokio::test]
async fn a_refusal_that_rested_on_a_failed_append_is_not_given() {
    let scene = Scene::new();
    let all = scene.send(1, CounterCommand::Add(LIMIT));
    assert_eq!(scene.store.waiting().await, 1);
    let refused = scene.send(2, CounterCommand::Add(1));
    assert_eq!(scene.store.waiting().await, 1);
    scene.store.fail_all(AppendError::Unavailable);
    assert!(matches!(all.await.unwrap(), Err(ExecuteError::Append(AppendError::Unavailable(_)))));
    assert_eq!(scene.store.waiting().await, 1, "it is decided again");
    scene.store.write_all().await;
    assert_eq!(refused.await.unwrap().unwrap().version, Version(1));
}

#[tokio::test]
async fn an_unknown_outcome_is_told_and_found_by_the_same_key() {
    let scene = Scene::new();
    let handler = scene.handler.clone();
    let send = |id| {
        let handler = handler.clone();
        tokio::spawn(
            async move { handler.execute(&Tenant::default(), "a", &CounterCommand::Add(1), &keyed(id, id)).await },
        )
    };
    let first = send(1);
    assert_eq!(scene.store.waiting().await, 1);
    // It is written, and nobody hears of it.
    let (append, _, completer) = scene.store.waiting.lock().unwrap().pop().unwrap();
    scene.store.inner.submit(append).await.wait().await.unwrap();
    drop(completer);
    assert!(matches!(first.await.unwrap(), Err(ExecuteError::Append(AppendError::Indeterminate(_)))));
    let again = send(1).await.unwrap().unwrap();
    assert!(again.repeated && again.version == Version(1));
}

/// The caller is gone before the store answers: whoever comes next is not misled.
#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing_wrong_behind() {
    let scene = Scene::new();
    let gone = scene.send(1, CounterCommand::Add(1));
    assert_eq!(scene.store.waiting().await, 1);
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    scene.store.fail_all(AppendError::Unavailable);
    let next = scene.send(2, CounterCommand::Add(1));
    assert_eq!(scene.store.waiting().await, 1);
    scene.store.write_all().await;
    assert_eq!(next.await.unwrap().unwrap().version, Version(1));
}

#[tokio::test]
async fn nothing_is_refused_or_seen_by_what_another_process_has_changed() {
    let scene = Scene::new();
    let elsewhere = Handler::<Counter, _>::new(scene.store.inner.clone(), 10);
    let tenant = Tenant::default();
    let first = scene.send(1, CounterCommand::Add(1));
    scene.store.waiting().await;
    scene.store.write_all().await;
    first.await.unwrap().unwrap();

    elsewhere.execute(&tenant, "a", &CounterCommand::Add(1), &once(2)).await.unwrap();
    let version = scene.handler.look(&tenant, "a", |_, version| version).await.unwrap();
    assert_eq!(version, Version(2), "what is looked at is as it is now");

    elsewhere.execute(&tenant, "a", &CounterCommand::Add(1), &once(3)).await.unwrap();
    let handler = scene.handler.clone();
    let on_condition = Envelope { if_version: Some(Version(3)), ..once(4) };
    let more =
        tokio::spawn(
            async move { handler.execute(&Tenant::default(), "a", &CounterCommand::Add(1), &on_condition).await },
        );
    assert_eq!(scene.store.waiting().await, 1, "the version that the caller saw elsewhere is not refused");
    scene.store.write_all().await;
    assert_eq!(more.await.unwrap().unwrap().version, Version(4));
}
