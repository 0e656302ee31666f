//! Every target passes the conformance suite, and a file of views survives being closed.

use orderflow_engine::{
    Position, Rows, Slices, View,
    projection::{Changes, Column, Key, Op, Value},
};
use orderflow_projector::{
    MemoryTarget, PostgresOptions, PostgresTarget, RedisOptions, RedisTarget, SqliteTarget, Swept, Target, ViewWrite,
    conformance,
};
use orderflow_test_servers::{Postgres, Redis};
use proptest::prelude::*;
use uuid::Uuid;

#[tokio::test]
async fn the_memory_target_keeps_the_contract() {
    let target = MemoryTarget::new();
    conformance::check(target.clone()).await;
    conformance::check_slices(target).await;
}

#[tokio::test]
async fn the_sqlite_target_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    conformance::check(SqliteTarget::open(dir.path().join("views.db")).unwrap()).await;
}

#[tokio::test]
async fn the_redis_target_keeps_the_contract() {
    conformance::check(redis().await).await;
}

/// Keys of its own on the server that all tests of this program share.
async fn redis() -> RedisTarget {
    let worker = Uuid::new_v4();
    let options = RedisOptions { prefix: format!("t{}", worker.simple()), ..RedisOptions::new(worker) };
    RedisTarget::open(&Redis::shared().url(), &options).await.unwrap()
}

/// A new target of a database of its own; its leases are kept as long as the guard is.
async fn postgres() -> (PostgresTarget, tokio_util::task::AbortOnDropHandle<()>) {
    let url = Postgres::shared().database();
    let target = PostgresTarget::open(&url, &PostgresOptions::default()).await.unwrap();
    let renewed = target.clone();
    let renewing = tokio::spawn(async move {
        loop {
            tokio::time::sleep(renewed.renew_every().unwrap()).await;
            renewed.renew().await.unwrap();
        }
    });
    (target, tokio_util::task::AbortOnDropHandle::new(renewing))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_postgres_target_keeps_the_contract() {
    let (target, _renewing) = postgres().await;
    conformance::check(target.clone()).await;
    conformance::check_slices(target).await;
}

static VIEW: View = View {
    name: "things",
    version: 1,
    key: &[Column::int("id")],
    columns: &[
        Column::int("count"),
        Column::text("name"),
        Column::int("seen").or_null(),
        Column { default: orderflow_engine::projection::Default::Int(7), ..Column::int("from_seven") },
    ],
    indexes: &[],
};

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (0..9_i64).prop_map(|n| Op::Put(vec![("count", n.into())])),
        (0..9_i64).prop_map(|n| Op::Patch(vec![("count", n.into()), ("name", format!("n{n}").into())])),
        (0..9_i64).prop_map(|n| Op::Patch(vec![("from_seven", Value::Null), ("seen", n.into())])),
        (-9..9_i64).prop_map(|n| Op::Add(vec![("count", n), ("seen", 1)])),
        (-9..9_i64).prop_map(|n| Op::Add(vec![("from_seven", n)])),
        Just(Op::Patch(vec![])),
        Just(Op::Delete),
    ]
}

type Batches = Vec<Vec<(i64, Op)>>;

fn write(batch: &[(i64, Op)], generation: orderflow_projector::Generation, at: u64) -> ViewWrite {
    let mut changes = Changes::new(&VIEW);
    for (key, op) in batch {
        changes.push(Rows(vec![(vec![Value::Int(*key)] as Key, op.clone())]));
    }
    let (believed, to) = (Position(at), Position(at + 1));
    let slices = Slices::ALL;
    ViewWrite { view: &VIEW, generation, slices, believed, to, changes, parked: vec![], settled: vec![] }
}

async fn run(target: &impl Target, batches: &Batches) -> std::collections::BTreeMap<Key, Vec<Value>> {
    target.renew().await.unwrap();
    let serving = target.ensure(&VIEW).await.unwrap().serving;
    for (index, batch) in batches.iter().enumerate() {
        target.write(vec![write(batch, serving.generation, index as u64)]).await.unwrap();
    }
    target.rows(&VIEW).await.unwrap()
}

/// Writes batch by batch, and then loads all of them at once into a generation that takes over.
async fn holds_the_same_rows_as_memory(target: &impl Target, batches: &Batches) -> Result<(), TestCaseError> {
    let expected = run(&MemoryTarget::new(), batches).await;
    prop_assert_eq!(&run(target, batches).await, &expected);

    let building = target.begin_build(&VIEW).await.unwrap();
    let load = write(&batches.concat(), building.generation, 0);
    target.load(ViewWrite { to: Position(batches.len() as u64), ..load }).await.unwrap();
    target.index(&VIEW, building.generation).await.unwrap();
    target.switch(vec![(&VIEW, building.generation)]).await.unwrap();
    prop_assert_eq!(&target.rows(&VIEW).await.unwrap(), &expected);
    Ok(())
}

fn batches() -> impl Strategy<Value = Batches> {
    prop::collection::vec(prop::collection::vec((0..4_i64, op()), 0..12), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sqlite_and_memory_hold_the_same_rows(batches in batches()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let sqlite = SqliteTarget::open(dir.path().join("views.db")).unwrap();
            holds_the_same_rows_as_memory(&sqlite, &batches).await
        })?;
    }

    #[test]
    fn redis_and_memory_hold_the_same_rows(batches in batches()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            holds_the_same_rows_as_memory(&redis().await, &batches).await
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn postgres_and_memory_hold_the_same_rows(batches in batches()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (target, _renewing) = postgres().await;
            target.renew().await.unwrap();
            holds_the_same_rows_as_memory(&target, &batches).await
        })?;
    }
}

#[tokio::test]
async fn everything_is_there_after_opening_again_and_a_broken_load_is_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("views.db");
    let (rows, building) = {
        let target = SqliteTarget::open(&path).unwrap();
        let rows = run(&target, &vec![vec![(1, Op::Put(vec![])), (2, Op::Add(vec![("count", 2)]))]]).await;
        target.set_checkpoint("follower", Slices::ALL, Position(5)).await.unwrap();
        let building = target.begin_build(&VIEW).await.unwrap();
        // A load that was cut off leaves rows without a checkpoint.
        let cut_off = format!("INSERT INTO things__g{} (id) VALUES (77)", building.generation.0);
        rusqlite::Connection::open(&path).unwrap().execute_batch(&cut_off).unwrap();
        (rows, building)
    };
    let target = SqliteTarget::open(&path).unwrap();
    let found = target.ensure(&VIEW).await.unwrap();
    assert_eq!(
        (found.serving.checkpoints.least(), found.building.map(|b| b.generation)),
        (Position(1), Some(building.generation))
    );
    assert_eq!(target.rows(&VIEW).await.unwrap(), rows);
    assert_eq!(target.checkpoint("follower", Slices::ALL).await.unwrap(), Position(5));
    let begun = target.begin_build(&VIEW).await.unwrap();
    assert_eq!(target.count(&VIEW, begun.generation).await.unwrap(), 0, "rows without a checkpoint do not count");
    while target.sweep().await.unwrap() == Swept::More {}
    let tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE 'things\\_\\_g%' ESCAPE '\\'";
    let tables: i64 = rusqlite::Connection::open(&path).unwrap().query_row(tables, [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 2, "one that serves and one that is built");
}

/// What the read side relies on: the view's name, the position beside it, dead letters and checkpoints.
#[tokio::test]
async fn the_file_is_laid_out_as_readers_expect() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("views.db");
    let target = SqliteTarget::open(&path).unwrap();
    run(&target, &vec![vec![(1, Op::Put(vec![("name", "one".into())]))]]).await;
    let reader = rusqlite::Connection::open_with_flags(&path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let row: (i64, i64, String, Option<i64>, i64) =
        reader.query_row("SELECT id, count, name, seen, from_seven FROM things", [], |row| row.try_into()).unwrap();
    assert_eq!(row, (1, 0, "one".to_owned(), None, 7));
    let position = "SELECT position FROM projections WHERE view = 'things' AND role = 'serving' AND paused = 0";
    assert_eq!(reader.query_row(position, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    for sql in [
        "SELECT view, generation, version, role, position, paused FROM projections",
        "SELECT view, stream, version, position, kind, reason, parked_at FROM dead_letters",
        "SELECT name, position FROM checkpoints",
    ] {
        reader.prepare(sql).unwrap();
    }
    assert_eq!(reader.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0)).unwrap(), "wal");
}
