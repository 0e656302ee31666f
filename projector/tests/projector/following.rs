//! Following the log: progress, pauses, fences, and what is refused at the start.

use std::time::Duration;

use orderflow_engine::{EventReader, MemoryStore, Position, Projection, Rows, projection::Changes};
use orderflow_projector::{
    ControlError, Lagging, MemoryTarget, Projector, SqliteTarget, StartError, Target, ViewState, ViewWrite, WriteError,
};
use tokio_util::sync::CancellationToken;

use crate::bank::{
    ACCOUNTS, BANK, BankEvent, Running, TOTALS, append, assert_current, fill, opened, options, reference, same, until,
};

#[tokio::test]
async fn progress_is_told() {
    let (store, target) = (MemoryStore::new(), MemoryTarget::new());
    let running = Running::start(store.clone(), target, &BANK, options()).await;
    let lagging = running.projector.wait_for(Position(1), Duration::ZERO).await;
    assert_eq!(lagging, Err(Lagging { wanted: Position(1), reached: Position(0) }));
    fill(&store, 1_000).await;
    running.reach(Position(1_000)).await;
    assert_eq!(*running.projector.position().borrow(), Position(1_000));
    let status = running.projector.status();
    assert_eq!(status.iter().map(|view| view.view).collect::<Vec<_>>(), ["accounts", "totals", "transfers"]);
    for view in status {
        assert_eq!((view.position, view.head, view.lag), (Position(1_000), Position(1_000), 0));
        assert_eq!((view.state, view.building, view.parked), (ViewState::Live, None, 0));
        assert!(view.rate_per_second > 0.0);
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_view_stands_still_across_restarts_and_catches_up_beside_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let target = SqliteTarget::open(dir.path().join("views.db")).unwrap();
    let store = MemoryStore::new();
    let running = Running::start(store.clone(), target.clone(), &BANK, options()).await;
    fill(&store, 100).await;
    running.reach(Position(100)).await;
    running.projector.pause("totals").await.unwrap();
    assert!(matches!(running.projector.pause("nothing").await, Err(ControlError::UnknownView(_))));
    let paused = target.rows(&TOTALS).await.unwrap();
    fill(&store, 2_000).await;
    running.reach(Position(2_100)).await;
    running.stop().await;

    let running = Running::start(store.clone(), target.clone(), &BANK, options()).await;
    fill(&store, 100).await;
    running.reach(Position(2_200)).await;
    assert_eq!(running.projector.status()[1].state, ViewState::Paused);
    assert_eq!(running.projector.status()[1].lag, 2_100);
    same(&target.rows(&TOTALS).await.unwrap(), &paused);
    running.projector.resume("totals").await.unwrap();
    fill(&store, 500).await;
    running.reach(Position(2_700)).await;
    assert_current(&store, &target, &BANK).await;
    running.stop().await;
}

#[tokio::test]
async fn a_second_writer_stops_the_first() {
    let (store, target) = (MemoryStore::new(), MemoryTarget::new());
    let running = Running::start(store.clone(), target.clone(), &BANK, options()).await;
    fill(&store, 10).await;
    running.reach(Position(10)).await;
    let serving = target.ensure(&ACCOUNTS).await.unwrap().serving;
    let moved = ViewWrite {
        view: &ACCOUNTS,
        generation: serving.generation,
        slices: orderflow_engine::Slices::ALL,
        believed: serving.checkpoints.least(),
        to: Position(5),
        changes: Changes::new(&ACCOUNTS),
        parked: vec![],
        settled: vec![],
    };
    target.write(vec![moved]).await.unwrap();
    let before = target.rows(&TOTALS).await.unwrap();
    append(&store, 1, opened("late")).await;
    let stopped = running.stopped.await.unwrap();
    assert!(matches!(stopped, Err(WriteError::Fenced { view: "accounts", .. })), "{stopped:?}");
    same(&target.rows(&TOTALS).await.unwrap(), &before);
    assert!(matches!(running.projector.pause("totals").await, Err(ControlError::Stopped)));
}

#[tokio::test]
async fn views_of_another_log_and_faulty_declarations_are_refused() {
    static MISSPELT: [Projection<BankEvent>; 1] =
        [Projection { view: &ACCOUNTS, kinds: &["account.opend.v1"], project: |_, _: &mut Rows| {} }];
    static TWICE: [Projection<BankEvent>; 2] = [MISSPELT_NOT, MISSPELT_NOT];
    const MISSPELT_NOT: Projection<BankEvent> =
        Projection { view: &ACCOUNTS, kinds: &["account.opened.v1"], project: |_, _: &mut Rows| {} };

    let start = async |store: &MemoryStore, target: &MemoryTarget, projections| {
        let started = Projector::start(store.clone(), target.clone(), projections, options(), CancellationToken::new());
        started.await.map(|_| ()).unwrap_err()
    };
    let (store, target) = (MemoryStore::new(), MemoryTarget::new());
    let refused = start(&store, &target, &MISSPELT).await;
    assert!(matches!(refused, StartError::UnknownKind { kind: "account.opend.v1", .. }), "{refused}");
    let refused = start(&store, &target, &TWICE).await;
    assert!(matches!(refused, StartError::DeclaredTwice { view: "accounts" }), "{refused}");

    fill(&store, 50).await;
    let running = Running::start(store.clone(), target.clone(), &BANK, options()).await;
    running.reach(store.head().await.unwrap()).await;
    running.stop().await;
    let refused = start(&MemoryStore::new(), &target, &BANK).await;
    assert!(matches!(refused, StartError::AheadOfLog { position: Position(50), .. }), "{refused}");
}

#[tokio::test]
async fn a_view_that_is_new_joins_the_others() {
    let (store, target) = (MemoryStore::new(), MemoryTarget::new());
    static FIRST: std::sync::LazyLock<[Projection<BankEvent>; 2]> = std::sync::LazyLock::new(|| [BANK[0], BANK[1]]);
    let running = Running::start(store.clone(), target.clone(), &*FIRST, options()).await;
    fill(&store, 700).await;
    running.reach(Position(700)).await;
    running.stop().await;
    let running = Running::start(store.clone(), target.clone(), &BANK, options()).await;
    fill(&store, 300).await;
    running.reach(Position(1_000)).await;
    same(&target.rows(BANK[2].view).await.unwrap(), &reference(&store, &BANK[2]).await);
    until("all stand together", async || running.projector.status().iter().all(|view| view.lag == 0)).await;
    running.stop().await;
}
