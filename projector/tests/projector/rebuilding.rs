//! Rebuilds: beside writers and readers, interrupted and resumed, verified, and of another version.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use orderflow_engine::{
    EventReader, MemoryStore, Page, Position, RawEvent, ReadError, Rows, Snapshot, StreamName, Version, Wanted,
    projection::{Changes, Value},
};
use orderflow_projector::{
    AnyTarget, MemoryTarget, Options, RebuildError, Selection, SqliteTarget, Target, Verified, Verify, ViewState,
    ViewWrite,
};
use tokio::sync::watch;

use crate::bank::{
    ACCOUNTS, ACCOUNTS_LATER, BANK, BANK_LATER, Running, TOTALS, append, assert_current, fill, opened, options, same,
    until,
};

/// Reads a view in a loop as the read side does, until told to stop; gives how often it looked.
fn read_in_a_loop(path: std::path::PathBuf, stop: Arc<AtomicBool>) -> std::thread::JoinHandle<u64> {
    std::thread::spawn(move || {
        let mut connection =
            rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        let (mut looks, mut rows_before, mut position_before) = (0, 0, 0);
        while !stop.load(Ordering::SeqCst) {
            let snapshot = connection.transaction().unwrap();
            let ask =
                |sql: &str| snapshot.prepare_cached(sql).unwrap().query_row([], |row| row.get::<_, i64>(0)).unwrap();
            let rows = ask("SELECT count(*) FROM transfers");
            let counted = ask("SELECT coalesce(sum(count), 0) FROM totals WHERE what = 'transferred'");
            let position = ask("SELECT position FROM projections WHERE view = 'transfers' AND role = 'serving'");
            assert_eq!(rows, counted, "both views are of one position");
            assert!(rows >= rows_before && position >= position_before, "{rows} {position}");
            (rows_before, position_before) = (rows, position);
            snapshot.finish().unwrap();
            looks += 1;
        }
        looks
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_and_writers_go_on_during_rebuilds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("views.db");
    let target = SqliteTarget::open(&path).unwrap();
    let store = MemoryStore::new();
    fill(&store, 3_000).await;
    let options = Options { rebuild_memory_bytes: 100_000, ..options() };
    let running = Running::start(store.clone(), target.clone(), &BANK, options).await;
    running.reach(store.head().await.unwrap()).await;

    let stop = Arc::new(AtomicBool::new(false));
    let readers = [read_in_a_loop(path.clone(), Arc::clone(&stop)), read_in_a_loop(path, Arc::clone(&stop))];
    let writer = tokio::spawn({
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        async move {
            while !stop.load(Ordering::SeqCst) {
                fill(&store, 20).await;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    });
    for round in 0..5 {
        let (selection, verify) = match round % 2 {
            0 => (Selection::All, Verify::Yes),
            _ => (Selection::Named(&["transfers", "totals"]), Verify::No),
        };
        let report = running.projector.rebuild(selection, verify).await.unwrap();
        for view in &report.views {
            let expected = if verify == Verify::Yes { Verified::Equal } else { Verified::NotAsked };
            assert_eq!((view.verified, view.rows > 0), (expected, true), "{view:?}");
        }
        assert!(report.events >= 3_000);
    }
    stop.store(true, Ordering::SeqCst);
    writer.await.unwrap();
    for reader in readers {
        assert!(reader.join().unwrap() > 0, "the reader has looked");
    }
    running.reach(store.head().await.unwrap()).await;
    assert_current(&store, &target, &BANK).await;
    let generations: Vec<_> = running.projector.status().iter().map(|view| view.generation.0).collect();
    assert_eq!(generations, [4, 6, 6]);
    running.stop().await;
}

/// A log that cannot be read beyond a point until that point is moved.
#[derive(Clone)]
pub(crate) struct Gated {
    pub(crate) store: MemoryStore,
    pub(crate) gate: watch::Receiver<u64>,
    pub(crate) lowest_read: Arc<AtomicU64>,
}

impl EventReader for Gated {
    async fn read_stream(&self, stream: &StreamName, after: Version, limit: usize) -> Result<Vec<RawEvent>, ReadError> {
        self.store.read_stream(stream, after, limit).await
    }

    async fn read_all(&self, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, ReadError> {
        self.lowest_read.fetch_min(after.0, Ordering::SeqCst);
        let mut gate = self.gate.clone();
        let _ = gate.wait_for(|gate| after.0 < *gate).await;
        self.store.read_all(after, limit, wanted).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.store.watch()
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        self.store.load_snapshot(stream).await
    }
}

/// The first build of the views is killed half-way; the next start goes on from its checkpoint.
#[test]
fn a_rebuild_that_was_killed_is_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("views.db");
    let store = MemoryStore::new();
    let options = Options { rebuild_when_behind: 0, rebuild_memory_bytes: 40_000, ..options() };
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let first = runtime();
    let (generation, position) = first.block_on(async {
        fill(&store, 5_000).await;
        let (_open, gate) = watch::channel(3_000);
        let reader = Gated { store: store.clone(), gate, lowest_read: Arc::default() };
        let target = SqliteTarget::open(&path).unwrap();
        let running = Running::start(reader, target, &BANK, options.clone()).await;
        let building = async || running.projector.status()[0].building.clone();
        until("something is built", async || building().await.is_some_and(|b| b.position.0 > 1_000)).await;
        let status = running.projector.status().swap_remove(0);
        assert_eq!((status.state, status.position), (ViewState::AwaitingRebuild, Position::START));
        let building = status.building.unwrap();
        assert!(building.progress > 0.2 && building.progress < 0.7 && building.rate_per_second > 0.0, "{building:?}");
        (building.generation, building.position)
    });
    drop(first);
    runtime().block_on(async {
        let (_open, gate) = watch::channel(u64::MAX);
        let lowest_read = Arc::new(AtomicU64::new(u64::MAX));
        let reader = Gated { store: store.clone(), gate, lowest_read: Arc::clone(&lowest_read) };
        let target = SqliteTarget::open(&path).unwrap();
        let running = Running::start(reader, target.clone(), &BANK, options.clone()).await;
        running.reach(Position(5_000)).await;
        assert_current(&store, &target, &BANK).await;
        let status = running.projector.status().swap_remove(0);
        assert_eq!((status.generation, status.state), (generation, ViewState::Live), "the generation begun before");
        assert!(lowest_read.load(Ordering::SeqCst) >= position.0, "nothing was read again");
        running.stop().await;
    });
}

async fn spoil(target: &impl Target) {
    let serving = target.ensure(&TOTALS).await.unwrap().serving;
    let mut changes = Changes::new(&TOTALS);
    let mut rows = Rows::default();
    rows.add(vec!["opened".into()], vec![("count", 1)]);
    changes.push(rows);
    let write = ViewWrite {
        view: &TOTALS,
        generation: serving.generation,
        slices: orderflow_engine::Slices::ALL,
        believed: serving.checkpoints.least(),
        to: serving.checkpoints.least(),
        changes,
        parked: vec![],
        settled: vec![],
    };
    target.write(vec![write]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_differs_is_not_switched_to_unless_it_may() {
    let dir = tempfile::tempdir().unwrap();
    let sqlite = SqliteTarget::open(dir.path().join("views.db")).unwrap();
    for target in [AnyTarget::Memory(MemoryTarget::new()), AnyTarget::Sqlite(sqlite)] {
        let store = MemoryStore::new();
        fill(&store, 500).await;
        let running = Running::start(store.clone(), target.clone(), &BANK, options()).await;
        running.reach(Position(500)).await;
        spoil(&target).await;
        let spoilt = target.rows(&TOTALS).await.unwrap();
        match running.projector.rebuild(Selection::All, Verify::Yes).await {
            Err(RebuildError::Differs { view: "totals", serving, rebuilt, sample }) => {
                assert_eq!((serving.rows, rebuilt.rows), (3, 3));
                assert_eq!(sample, [vec![Value::from("opened")]]);
            }
            other => panic!("expected a difference, got {other:?}"),
        }
        same(&target.rows(&TOTALS).await.unwrap(), &spoilt);
        assert_eq!(target.ensure(&TOTALS).await.unwrap().building, None);
        running.projector.rebuild(Selection::Named(&["totals"]), Verify::No).await.unwrap();
        assert_current(&store, &target, &BANK).await;
        let unknown = running.projector.rebuild(Selection::Named(&["nothing"]), Verify::No).await;
        assert!(matches!(unknown, Err(RebuildError::UnknownView { .. })));
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_of_another_version_serves_the_old_rows_until_the_new_ones_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let target = SqliteTarget::open(dir.path().join("views.db")).unwrap();
    let store = MemoryStore::new();
    fill(&store, 2_000).await;
    let running = Running::start(store.clone(), target.clone(), &BANK, options()).await;
    running.reach(Position(2_000)).await;
    running.stop().await;
    let old = target.rows(&ACCOUNTS).await.unwrap();

    let (open, gate) = watch::channel(2_000);
    let reader = Gated { store: store.clone(), gate, lowest_read: Arc::default() };
    append(&store, "new", opened("New")).await;
    let running = Running::start(reader, target.clone(), &BANK_LATER, options()).await;
    let built = async || running.projector.status()[0].building.clone().is_some_and(|b| b.generation.0 == 2);
    until("the new version is being built", built).await;
    let status = running.projector.status().swap_remove(0);
    assert_eq!((status.version, status.state), (1, ViewState::AwaitingRebuild));
    same(&target.rows(&ACCOUNTS).await.unwrap(), &old);
    open.send_replace(u64::MAX);
    running.reach(Position(2_001)).await;
    assert_eq!(running.projector.status()[0].version, 2);
    assert_current(&store, &target, &BANK_LATER).await;
    assert_eq!(target.rows(&ACCOUNTS_LATER).await.unwrap()[&vec![Value::from("new")]][0], "New".into());
    fill(&store, 100).await;
    running.reach(Position(2_101)).await;
    assert_current(&store, &target, &BANK_LATER).await;
    running.stop().await;
}

/// A paused view is rebuilt where it stands, and stays paused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_view_can_be_rebuilt() {
    let (store, target) = (MemoryStore::new(), MemoryTarget::new());
    fill(&store, 500).await;
    let running = Running::start(store.clone(), target.clone(), &BANK, options()).await;
    running.reach(Position(500)).await;
    running.projector.pause("totals").await.unwrap();
    let paused = target.rows(&TOTALS).await.unwrap();
    fill(&store, 500).await;
    running.reach(Position(1_000)).await;
    let report = running.projector.rebuild(Selection::All, Verify::Yes).await.unwrap();
    let positions: Vec<_> = report.views.iter().map(|view| (view.view, view.position.0, view.verified)).collect();
    let equal = Verified::Equal;
    assert_eq!(positions, [("accounts", 1_000, equal), ("totals", 500, equal), ("transfers", 1_000, equal)]);
    same(&target.rows(&TOTALS).await.unwrap(), &paused);
    assert_eq!(running.projector.status()[1].state, ViewState::Paused);
    running.projector.resume("totals").await.unwrap();
    running.reach(Position(1_000)).await;
    assert_current(&store, &target, &BANK).await;
    running.stop().await;
}
