//! What the Postgres target does besides keeping the contract: opening, fencing, reserving, and what text it takes.

use std::time::{Duration, Instant};

use chrono::DateTime;
use orderflow_engine::{
    Category, Position, Rows, Slice, Slices, View,
    projection::{Changes, Column, Value},
};
use orderflow_projector::{
    Agenda, Overdue, PostgresOpenError, PostgresOptions, PostgresTarget, Reserve, Switched, Target, TargetError,
    ViewAgenda, ViewWrite, WriteError,
};
use orderflow_test_servers::{Postgres, free_port};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

static NOTES: View = View {
    name: "notes",
    version: 1,
    key: &[Column::text("id")],
    columns: &[Column::text("text"), Column::words("search"), Column::int("read").or_null()],
    indexes: &[],
};

async fn open(url: &str) -> PostgresTarget {
    PostgresTarget::open(url, &PostgresOptions::default()).await.unwrap()
}

async fn refused(url: &str) -> PostgresOpenError {
    PostgresTarget::open(url, &PostgresOptions::default()).await.err().unwrap()
}

/// A statement of somebody else's.
async fn meddle(url: &str, sql: &str) {
    PgConnection::connect(url).await.unwrap().execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
}

async fn let_leases_run_out(url: &str) {
    meddle(
        url,
        "UPDATE orderflow_views.leases SET expires_at = clock_timestamp(); \
         UPDATE orderflow_views.workers SET expires_at = clock_timestamp()",
    )
    .await;
}

async fn write(target: &PostgresTarget, slices: Slices, at: u64, rows: Rows) -> Result<(), WriteError> {
    let generation = target.ensure(&NOTES).await?.serving.generation;
    let mut changes = Changes::new(&NOTES);
    changes.push(rows);
    let (believed, to) = (Position(at), Position(at + 1));
    let write = ViewWrite { view: &NOTES, generation, slices, believed, to, changes, parked: vec![], settled: vec![] };
    target.write(vec![write]).await
}

fn note(id: &str, text: &str) -> Rows {
    let mut rows = Rows::default();
    rows.put(vec![id.into()], vec![("text", text.into()), ("search", text.into())]);
    rows
}

#[tokio::test]
async fn what_is_wrong_at_the_start_is_said_clearly() {
    let url = Postgres::shared().database();
    let port = Postgres::shared().port();
    assert!(matches!(refused("nonsense").await, PostgresOpenError::Url { .. }));
    assert!(matches!(refused("mysql://me@127.0.0.1/views").await, PostgresOpenError::Url { .. }));
    assert!(matches!(refused(&format!("postgres://127.0.0.1:{port}/views")).await, PostgresOpenError::NoUser));
    assert!(matches!(refused(&format!("postgres://me@127.0.0.1:{port}")).await, PostgresOpenError::NoDatabase));
    let nobody = refused(&format!("postgres://nobody:secret@127.0.0.1:{port}/postgres")).await;
    assert!(matches!(nobody, PostgresOpenError::Refused { .. }) && !nobody.to_string().contains("secret"), "{nobody}");
    let missing = refused(&format!("postgres://postgres@127.0.0.1:{port}/missing")).await;
    assert!(matches!(missing, PostgresOpenError::NoSuchDatabase { .. }), "{missing}");
    let silent = refused(&format!("postgres://postgres@127.0.0.1:{}/views", free_port().unwrap())).await;
    assert!(matches!(silent, PostgresOpenError::Unreachable { .. }), "{silent}");

    open(&url).await;
    meddle(&url, "UPDATE orderflow_views.meta SET value = 99 WHERE name = 'schema_version'").await;
    let newer = refused(&url).await;
    assert!(matches!(newer, PostgresOpenError::Newer { found: 99, .. }), "{newer}");
    assert!(newer.to_string().contains("newer program"), "{newer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_start_at_once() {
    let url = Postgres::shared().database();
    let starting: Vec<_> = (0..8)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { open(&url).await.ensure(&NOTES).await.unwrap() })
        })
        .collect();
    for started in starting {
        assert_eq!(started.await.unwrap().serving.generation.0, 1);
    }
}

#[tokio::test]
async fn only_who_holds_a_slice_writes_to_it() {
    let url = Postgres::shared().database();
    let (first, second) = (open(&url).await, open(&url).await);
    let none = write(&first, Slices::ALL, 0, note("a", "nobody's")).await;
    assert!(matches!(none, Err(WriteError::Fenced { view: "notes", .. })), "{none:?}");
    assert_eq!(first.renew().await.unwrap(), Slices::ALL);
    assert_eq!(second.renew().await.unwrap(), Slices::NONE, "nothing is free yet");
    write(&first, Slices::ALL, 0, note("a", "the first one's")).await.unwrap();
    let before = first.renew().await.unwrap();
    assert_eq!(before.len(), 4, "the half of it is given back");
    let gained = second.renew().await.unwrap();
    assert!(gained.len() == 4 && gained.both(before).is_empty());
    let taken = write(&first, Slices::ALL, 1, note("a", "not its own any more")).await;
    assert!(matches!(taken, Err(WriteError::Fenced { .. })), "{taken:?}");
    write(&first, before, 1, note("b", "still its own")).await.unwrap();
    write(&second, gained, 1, note("c", "the second one's")).await.unwrap();

    let_leases_run_out(&url).await;
    let late = write(&first, before, 2, note("b", "too late")).await;
    assert!(matches!(late, Err(WriteError::Fenced { .. })), "{late:?}");
    assert_eq!(second.renew().await.unwrap(), Slices::ALL);
    first.renew().await.unwrap();
    second.renew().await.unwrap();
    assert_eq!(first.renew().await.unwrap().len(), 4, "it is alive, so it is given half again");
    second.resign().await.unwrap();
    let resigned = write(&second, Slices::NONE.with(Slice::new(0).unwrap()), 2, Rows::default()).await;
    assert!(matches!(resigned, Err(WriteError::Fenced { .. })), "{resigned:?}");
    assert_eq!(first.renew().await.unwrap(), Slices::ALL);
    assert_eq!(first.rows(&NOTES).await.unwrap().len(), 3);
}

/// A write that passed the fence in time may take longer than its lease: its slices are nobody else's until it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_takes_over_in_the_middle_of_a_write() {
    let url = Postgres::shared().database();
    let (first, second) = (open(&url).await, open(&url).await);
    first.renew().await.unwrap();
    write(&first, Slices::ALL, 0, note("a", "before")).await.unwrap();
    let mut blocking = PgConnection::connect(&url).await.unwrap();
    blocking.execute("BEGIN; LOCK TABLE orderflow_views.notes__g1 IN SHARE MODE").await.unwrap();
    let writing = tokio::spawn({
        let first = first.clone();
        async move { write(&first, Slices::ALL, 1, note("a", "slowly")).await }
    });
    wait_until_blocked(&url).await;
    let_leases_run_out(&url).await;
    assert_eq!(second.renew().await.unwrap(), Slices::NONE);
    blocking.execute("ROLLBACK").await.unwrap();
    writing.await.unwrap().unwrap();
    assert_eq!(second.renew().await.unwrap(), Slices::ALL);
    let late = write(&first, Slices::ALL, 2, note("a", "too late")).await;
    assert!(matches!(late, Err(WriteError::Fenced { .. })), "{late:?}");
    assert_eq!(second.rows(&NOTES).await.unwrap()[&vec![Value::from("a")]][0], Value::from("slowly"));
}

async fn wait_until_blocked(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let waiting = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database \
                   WHERE NOT granted AND d.datname = current_database()";
    loop {
        let found: i64 = sqlx::query(waiting).fetch_one(&mut connection).await.unwrap().get(0);
        if found > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standstill_waits_for_writes_and_keeps_them_waiting() {
    let url = Postgres::shared().database();
    let (first, second) = (open(&url).await, open(&url).await);
    first.renew().await.unwrap();
    let standstill = second.reserve(Reserve::Standstill).await.unwrap();
    let writing = tokio::spawn({
        let first = first.clone();
        async move { write(&first, Slices::ALL, 0, note("a", "waits")).await }
    });
    wait_until_blocked(&url).await;
    assert!(second.rows(&NOTES).await.unwrap().is_empty());
    drop(standstill);
    writing.await.unwrap().unwrap();
    assert_eq!(second.rows(&NOTES).await.unwrap().len(), 1);
}

/// A worker that stops in the middle of a standstill keeps the others waiting for a while, and not for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standstill_of_a_frozen_worker_ends() {
    let url = Postgres::shared().database();
    let first = open(&url).await;
    first.renew().await.unwrap();
    let (reserved, is_reserved) = std::sync::mpsc::sync_channel(1);
    let (thaw, is_thawed) = std::sync::mpsc::sync_channel::<()>(1);
    let frozen = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let held = runtime.block_on(async {
            let second = open(&url).await;
            (second.reserve(Reserve::Rebuild).await.unwrap(), second.reserve(Reserve::Standstill).await.unwrap())
        });
        reserved.send(()).unwrap();
        // Nothing runs in the runtime meanwhile.
        is_thawed.recv().unwrap();
        drop(held);
    });
    is_reserved.recv().unwrap();
    while write(&first, Slices::ALL, 0, note("a", "goes on")).await.is_err() {
        first.renew().await.unwrap();
    }
    while first.reserve(Reserve::Rebuild).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    thaw.send(()).unwrap();
    frozen.join().unwrap();
}

/// A worker that is at work on something long keeps what it has.
#[tokio::test]
async fn a_standstill_lasts_for_as_long_as_its_worker_wants() {
    let url = Postgres::shared().database();
    let (first, second) = (open(&url).await, open(&url).await);
    first.renew().await.unwrap();
    let standstill = second.reserve(Reserve::Standstill).await.unwrap();
    tokio::time::sleep(Duration::from_secs(7)).await;
    first.renew().await.unwrap();
    let kept_waiting = write(&first, Slices::ALL, 0, note("a", "waits")).await;
    assert!(matches!(kept_waiting, Err(WriteError::Target(_))), "{kept_waiting:?}");
    drop(standstill);
    first.renew().await.unwrap();
    write(&first, Slices::ALL, 0, note("a", "goes on")).await.unwrap();
}

#[tokio::test]
async fn one_worker_at_a_time_rebuilds() {
    let url = Postgres::shared().database();
    let (first, second) = (open(&url).await, open(&url).await);
    let reserved = first.reserve(Reserve::Rebuild).await.unwrap();
    assert!(reserved.is_some() && second.reserve(Reserve::Rebuild).await.unwrap().is_none());
    drop(reserved);
    while second.reserve(Reserve::Rebuild).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whoever thinks that the views stand still may have lost what made them.
#[tokio::test]
async fn a_view_is_not_switched_to_what_is_behind() {
    let target = open(&Postgres::shared().database()).await;
    target.renew().await.unwrap();
    let generation = {
        target.ensure(&NOTES).await.unwrap();
        target.begin_build(&NOTES).await.unwrap().generation
    };
    target.index(&NOTES, generation).await.unwrap();
    write(&target, Slices::NONE.with(Slice::new(3).unwrap()), 0, note("a", "meanwhile")).await.unwrap();
    let refused: Result<Switched, TargetError> = target.switch(vec![(&NOTES, generation)]).await;
    assert!(refused.is_err());
    assert_eq!(target.rows(&NOTES).await.unwrap().len(), 1);
}

/// A reader that takes its time is waited for, and nobody else waits for it.
#[tokio::test]
async fn a_reader_in_the_way_of_a_switch_is_told_from_a_failure() {
    let url = Postgres::shared().database();
    let target = open(&url).await;
    target.renew().await.unwrap();
    target.ensure(&NOTES).await.unwrap();
    let generation = target.begin_build(&NOTES).await.unwrap().generation;
    let mut reader = PgConnection::connect(&url).await.unwrap();
    reader.execute("BEGIN; SELECT count(*) FROM orderflow_views.notes").await.unwrap();
    assert_eq!(target.switch(vec![(&NOTES, generation)]).await.unwrap(), Switched::Busy);
    assert_eq!(target.ensure(&NOTES).await.unwrap().building.map(|building| building.generation), Some(generation));
    reader.execute("COMMIT").await.unwrap();
    assert_eq!(target.switch(vec![(&NOTES, generation)]).await.unwrap(), Switched::Done);
    assert_eq!(target.ensure(&NOTES).await.unwrap().serving.generation, generation);
}

#[tokio::test]
async fn any_text_can_be_written_and_words_are_found_by_their_beginnings() {
    let url = Postgres::shared().database();
    let target = open(&url).await;
    target.renew().await.unwrap();
    let texts = ["white hanging heart", "red\0mug", "  two  spaces ", "", "heart-shaped ünder-plate", "' & | : !"];
    for (index, text) in texts.into_iter().enumerate() {
        target.renew().await.unwrap();
        write(&target, Slices::ALL, index as u64, note(&format!("{index}\0"), text)).await.unwrap();
    }
    let long = "x".repeat(100_000);
    write(&target, Slices::ALL, 6, note("long", &long)).await.unwrap();
    let rows = target.rows(&NOTES).await.unwrap();
    assert_eq!(rows[&vec![Value::from("1\u{fffd}")]][..2], ["red\u{fffd}mug".into(), "red\u{fffd}mug".into()]);
    assert_eq!(rows[&vec![Value::from("2\u{fffd}")]][..2], ["  two  spaces ".into(), "two spaces".into()]);
    assert_eq!(rows[&vec![Value::from("long")]][0], Value::from(long));

    let mut connection = PgConnection::connect(&url).await.unwrap();
    let search = "SELECT id FROM orderflow_views.notes WHERE array_to_tsvector(string_to_array(search, ' ')) \
                  @@ 'hear:*'::tsquery ORDER BY id";
    let found = sqlx::query(search).fetch_all(&mut connection).await.unwrap();
    let found: Vec<String> = found.iter().map(|row| row.get(0)).collect();
    assert_eq!(found, ["0\u{fffd}", "4\u{fffd}"]);
    connection.execute("SET enable_seqscan = off").await.unwrap();
    let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN {search}"))).fetch_all(&mut connection).await.unwrap();
    let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
    assert!(plan.iter().any(|line| line.contains("notes__g1__search")), "{plan:#?}");
}

#[tokio::test]
async fn deadlines_are_found_in_the_view_of_processes() {
    static PROCESSES: View = View {
        name: "processes",
        version: 1,
        key: &[Column::text("tenant"), Column::text("id")],
        columns: &[Column::text("process"), Column::int("deadline").or_null()],
        indexes: &[],
    };
    let target = open(&Postgres::shared().database()).await;
    target.renew().await.unwrap();
    let generation = target.ensure(&PROCESSES).await.unwrap().serving.generation;
    let mut rows = Rows::default();
    let deadlines = [
        ("default", "late", Some(5)),
        ("acme", "later", Some(3)),
        ("acme", "also late", Some(5)),
        ("acme", "not yet", Some(8)),
        ("acme", "never", None),
    ];
    for (tenant, id, deadline) in deadlines {
        rows.put(vec![tenant.into(), id.into()], vec![("process", "saga".into()), ("deadline", deadline.into())]);
    }
    rows.put(vec!["acme".into(), "another".into()], vec![("process", "other".into()), ("deadline", 1.into())]);
    let mut changes = Changes::new(&PROCESSES);
    changes.push(rows);
    let (slices, believed, to) = (Slices::ALL, Position(0), Position(1));
    let (parked, settled) = (vec![], vec![]);
    let write = ViewWrite { view: &PROCESSES, generation, slices, believed, to, changes, parked, settled };
    target.write(vec![write]).await.unwrap();

    let agenda = ViewAgenda::from(target);
    let (saga, now) = (Category::new("saga"), DateTime::from_timestamp_micros(5).unwrap());
    let due = agenda.due(saga, now, None).await.unwrap();
    let names = |due: &[Overdue]| due.iter().map(|overdue| overdue.stream.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&due), ["saga-later@acme", "saga-also late@acme", "saga-late"]);
    for (place, after) in due.iter().enumerate() {
        let rest = agenda.due(saga, now, Some(after)).await.unwrap();
        assert_eq!(rest, due[place + 1..], "behind {after:?}");
    }
    agenda.set_checkpoint("runner", slices, Position(7)).await.unwrap();
    assert_eq!(agenda.checkpoint("runner", slices).await.unwrap(), Position(7));
}

#[tokio::test]
async fn a_follower_keeps_no_place_in_slices_that_another_worker_has_taken() {
    let url = Postgres::shared().database();
    let frozen = open(&url).await;
    assert_eq!(frozen.renew().await.unwrap(), Slices::ALL);
    frozen.set_checkpoint("runner", Slices::ALL, Position(5)).await.unwrap();
    let_leases_run_out(&url).await;
    assert!(frozen.set_checkpoint("runner", Slices::ALL, Position(6)).await.is_err(), "the leases have ended");
    let other = open(&url).await;
    assert_eq!(other.renew().await.unwrap(), Slices::ALL);
    other.set_checkpoint("runner", Slices::ALL, Position(7)).await.unwrap();
    let late = frozen.set_checkpoint("runner", Slices::ALL, Position(9)).await;
    assert!(late.unwrap_err().to_string().contains("still this worker's"));
    assert_eq!(other.checkpoint("runner", Slices::ALL).await.unwrap(), Position(7));
    let_leases_run_out(&url).await;
    assert_eq!(open(&url).await.renew().await.unwrap(), Slices::ALL);
    assert!(other.set_checkpoint("runner", Slices::ALL, Position(8)).await.is_err());
    assert_eq!(other.checkpoint("runner", Slices::ALL).await.unwrap(), Position(7));
}

/// Carries bytes to a server until it is told to keep them.
async fn network(port: u16, is_there: watch::Receiver<bool>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (client, server) = (client.into_split(), TcpStream::connect(("127.0.0.1", port)).await.unwrap());
            let server = server.into_split();
            tokio::spawn(carry(client.0, server.1, is_there.clone()));
            tokio::spawn(carry(server.0, client.1, is_there.clone()));
        }
    });
    own
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut is_there: watch::Receiver<bool>) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if is_there.wait_for(|is_there| *is_there).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_swallows_everything_is_an_error_within_seconds() {
    let url = Postgres::shared().database();
    let (is_there, told) = watch::channel(true);
    let port = network(Postgres::shared().port(), told).await;
    let through = url.replace(&format!(":{}/", Postgres::shared().port()), &format!(":{port}/"));
    let target = open(&through).await;
    target.renew().await.unwrap();
    write(&target, Slices::ALL, 0, note("a", "before")).await.unwrap();
    let generation = target.ensure(&NOTES).await.unwrap().serving.generation;
    // Something that takes long is under way: it waits for a lock.
    let mut blocking = PgConnection::connect(&url).await.unwrap();
    blocking.execute("BEGIN; LOCK TABLE orderflow_views.notes__g1").await.unwrap();
    let counting = tokio::spawn({
        let target = target.clone();
        async move { target.count(&NOTES, generation).await }
    });
    wait_until_blocked(&url).await;
    is_there.send_replace(false);
    let started = Instant::now();
    let (quick, long) = tokio::join!(target.ensure(&NOTES), counting);
    assert!(quick.is_err() && long.unwrap().is_err());
    assert!(started.elapsed() < Duration::from_secs(20), "it took {:?}", started.elapsed());

    drop(blocking);
    is_there.send_replace(true);
    while target.renew().await.is_err() {}
    let head = target.ensure(&NOTES).await.unwrap().serving.checkpoints.least();
    write(&target, Slices::ALL, head.0, note("a", "after")).await.unwrap();
    assert_eq!(target.count(&NOTES, generation).await.unwrap(), 1);
}
