//! However events are cut into batches, delivered again or interrupted, each has its effect once.

use orderflow_engine::{EventReader, MemoryStore, Position};
use orderflow_projector::{AnyTarget, MemoryTarget, Options, Selection, SqliteTarget, Verified, Verify};
use proptest::prelude::*;

use crate::bank::{
    BANK, BankEvent, Running, append, assert_current, closed, fill, opened, options, renamed, transferred, until,
};

fn event() -> impl Strategy<Value = (u8, BankEvent)> {
    let event = prop_oneof![
        (0..9_u8).prop_map(|n| opened(&format!("o{n}"))),
        (0..9_u8).prop_map(|n| renamed(&format!("r{n}"))),
        (0..5_u8, 0..99_i64).prop_map(|(to, amount)| transferred(to, amount)),
        (0..5_u8, 0..99_i64).prop_map(|(to, amount)| transferred(to, amount)),
        Just(closed()),
    ];
    (0..5_u8, event)
}

#[derive(Debug, Clone)]
struct Cut {
    page: usize,
    batch: usize,
    inline: usize,
    failures: u32,
}

fn cut() -> impl Strategy<Value = Cut> {
    (1..20_usize, 1..60_usize, 0..10_usize, 0..4_u32).prop_map(|(page, batch, inline, failures)| Cut {
        page,
        batch,
        inline,
        failures,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any pages and batches, with writes that fail and are delivered again: live rows, rows rebuilt from the start,
    /// and those of one event at a time are the same, in memory and in SQLite.
    #[test]
    fn any_batches_give_the_same_rows(
        before in prop::collection::vec(event(), 0..120), during in prop::collection::vec(event(), 0..60), cut in cut(),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let sqlite = SqliteTarget::open(dir.path().join("views.db")).unwrap();
            for target in [AnyTarget::Memory(MemoryTarget::new()), AnyTarget::Sqlite(sqlite)] {
                let store = MemoryStore::new();
                for (id, event) in before.clone() {
                    append(&store, id, event).await;
                }
                if let AnyTarget::Memory(memory) = &target {
                    memory.fail_next_writes(cut.failures);
                }
                let options = Options {
                    page_events: cut.page, batch_events: cut.batch, inline_events: cut.inline, ..options()
                };
                let running = Running::start(store.clone(), target.clone(), &BANK, options).await;
                for (id, event) in during.clone() {
                    append(&store, id, event).await;
                }
                running.reach(store.head().await.unwrap()).await;
                assert_current(&store, &target, &BANK).await;
                let rebuilt = running.projector.rebuild(Selection::All, Verify::Yes).await.unwrap();
                prop_assert!(rebuilt.views.iter().all(|view| view.verified == Verified::Equal));
                assert_current(&store, &target, &BANK).await;
                running.stop().await;
            }
            Ok(())
        })?;
    }
}

/// The worker is killed again and again, wherever it happens to be; the file is opened anew each time.
#[test]
fn a_crash_between_batches_neither_loses_nor_repeats() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("views.db");
    let store = MemoryStore::new();
    let mut survived = Position::START;
    let mut crashes = 0;
    for life in 1..=12_u64 {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            fill(&store, 400).await;
            let target = SqliteTarget::open(&path).unwrap();
            let options = Options { page_events: 7, batch_events: 20, ..options() };
            let running = Running::start(store.clone(), target, &BANK, options).await;
            let mut positions = running.projector.position();
            assert!(*positions.borrow_and_update() >= survived, "what was committed is still there");
            let head = store.head().await.unwrap();
            let stop_at = Position(survived.0 + (head.0 - survived.0) * (life % 5) / 5);
            let at = *positions.wait_for(|position| *position >= stop_at).await.unwrap();
            crashes += u32::from(at < head);
            survived = at;
        });
        // Dropping the runtime ends every task where it stands.
        drop(runtime);
    }
    assert!(crashes > 5, "the worker was killed on its way {crashes} times only");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let target = SqliteTarget::open(&path).unwrap();
        let running = Running::start(store.clone(), target.clone(), &BANK, options()).await;
        running.reach(store.head().await.unwrap()).await;
        assert_current(&store, &target, &BANK).await;
        running.stop().await;
    });
}

#[tokio::test]
async fn a_lost_file_is_built_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("views.db");
    let store = MemoryStore::new();
    fill(&store, 1_000).await;
    for _ in 0..2 {
        let target = SqliteTarget::open(&path).unwrap();
        let options = Options { rebuild_when_behind: 500, ..options() };
        let running = Running::start(store.clone(), target.clone(), &BANK, options).await;
        running.reach(store.head().await.unwrap()).await;
        assert_current(&store, &target, &BANK).await;
        assert!(running.projector.status().iter().all(|view| view.generation.0 == 2), "rebuilt rather than followed");
        running.stop().await;
        drop(target);
        for suffix in ["", "-wal", "-shm"] {
            let mut file = path.clone().into_os_string();
            file.push(suffix);
            let _ = std::fs::remove_file(file);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_is_down_is_waited_for() {
    let (store, target) = (MemoryStore::new(), MemoryTarget::new());
    target.fail_next_writes(u32::MAX);
    let running = Running::start(store.clone(), target.clone(), &BANK, options()).await;
    fill(&store, 300).await;
    until("the trouble is told", async || running.projector.status()[0].trouble.is_some()).await;
    assert_eq!(*running.projector.position().borrow(), Position::START);
    target.fail_next_writes(0);
    running.reach(store.head().await.unwrap()).await;
    assert_current(&store, &target, &BANK).await;
    until("the trouble is over", async || running.projector.status()[0].trouble.is_none()).await;
    running.stop().await;
}
