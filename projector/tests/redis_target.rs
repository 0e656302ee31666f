//! What the Redis target does beyond the contract: one writer at a time, large writes, lists of newest rows,
//! announcements, sweeping in steps, and servers that are not fit for it.

use std::time::Duration;

use futures::StreamExt;
use orderflow_engine::{
    Position, Rows, Slices, View,
    projection::{Changes, Column, Index, Value},
};
use orderflow_projector::{
    Fit, Generation, OpenRedisError, Recent, RedisOptions, RedisTarget, Swept, Target, ViewWrite, WriteError,
};
use orderflow_test_servers::Redis;
use redis::{Commands, Connection};
use serde_json::json;
use uuid::Uuid;

static SALES: View = View {
    name: "sales",
    version: 1,
    key: &[Column::text("tenant"), Column::text("id")],
    columns: &[Column::text("buyer").or_null(), Column::int("at").or_null(), Column::int("pieces")],
    indexes: &[Index { name: "by_buyer", columns: &["tenant", "buyer", "at", "id"], where_present: Some("buyer") }],
};

const RECENT: &[Recent] = &[Recent { view: "sales", index: "by_buyer" }];

fn options(prefix: &str) -> RedisOptions {
    RedisOptions { prefix: prefix.to_owned(), recent: RECENT, ..RedisOptions::new(Uuid::new_v4()) }
}

fn prefix() -> String {
    format!("t{}", Uuid::new_v4().simple())
}

async fn open(prefix: &str) -> RedisTarget {
    RedisTarget::open(&Redis::shared().url(), &options(prefix)).await.unwrap()
}

fn connection(url: &str) -> Connection {
    redis::Client::open(url).unwrap().get_connection().unwrap()
}

fn shared() -> Connection {
    connection(&Redis::shared().url())
}

fn key(id: impl ToString) -> Vec<Value> {
    vec!["t".into(), id.to_string().into()]
}

fn write(generation: Generation, believed: u64, to: u64, fill: impl FnOnce(&mut Rows)) -> ViewWrite {
    let mut rows = Rows::default();
    fill(&mut rows);
    let mut changes = Changes::new(&SALES);
    changes.push(rows);
    let (believed, to) = (Position(believed), Position(to));
    ViewWrite { view: &SALES, generation, slices: Slices::ALL, believed, to, changes, parked: vec![], settled: vec![] }
}

fn sold(rows: &mut Rows, id: impl ToString, buyer: &str, at: i64) {
    rows.put(key(id), vec![("buyer", buyer.into()), ("at", at.into())]);
}

#[tokio::test]
async fn a_worker_that_was_taken_over_from_writes_nothing() {
    let prefix = prefix();
    let (first, second) = (open(&prefix).await, open(&prefix).await);
    assert_eq!(first.renew().await.unwrap(), Slices::ALL);
    assert_eq!(second.renew().await.unwrap(), Slices::NONE, "there is one writer at a time");
    let generation = first.ensure(&SALES).await.unwrap().serving.generation;
    first.write(vec![write(generation, 0, 1, |rows| rows.add(key(1), vec![("pieces", 1)]))]).await.unwrap();
    assert_eq!(second.ensure(&SALES).await.unwrap().serving.checkpoints.common(), Some(Position(1)));

    // The first is frozen until its lease has ended; the second takes over and does not move the checkpoint.
    shared().del::<_, ()>(format!("{prefix}:writer")).unwrap();
    assert_eq!(second.renew().await.unwrap(), Slices::ALL);
    second.write(vec![write(generation, 1, 1, |rows| rows.add(key(1), vec![("pieces", 10)]))]).await.unwrap();
    let late = || write(generation, 1, 2, |rows| rows.add(key(1), vec![("pieces", 100)]));
    let fenced = first.write(vec![late()]).await;
    assert!(matches!(fenced, Err(WriteError::Fenced { view: "sales", believed: Position(1) })), "{fenced:?}");
    for refused in [first.begin_build(&SALES).await.map(|_| ()), first.abandon(&SALES, generation).await] {
        assert!(refused.is_err());
    }
    assert_eq!(first.renew().await.unwrap(), Slices::NONE);
    assert!(matches!(first.write(vec![late()]).await, Err(WriteError::Fenced { .. })), "it knows that it has no lease");

    // Given back, the lease is free at once, and what was prepared under an earlier term stays fenced.
    second.resign().await.unwrap();
    assert_eq!(first.renew().await.unwrap(), Slices::ALL);
    assert!(matches!(second.write(vec![late()]).await, Err(WriteError::Fenced { .. })));
    first.write(vec![late()]).await.unwrap();
    assert_eq!(first.rows(&SALES).await.unwrap()[&key(1)][2], Value::Int(111));
}

#[tokio::test]
async fn a_lease_ends_by_the_clock_of_the_server() {
    let prefix = prefix();
    let short = RedisOptions { lease: Duration::from_secs(1), ..options(&prefix) };
    let first = RedisTarget::open(&Redis::shared().url(), &short).await.unwrap();
    let second = open(&prefix).await;
    assert_eq!(first.renew().await.unwrap(), Slices::ALL);
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(first.renew().await.unwrap(), Slices::ALL);
        assert_eq!(second.renew().await.unwrap(), Slices::NONE);
    }
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(second.renew().await.unwrap(), Slices::ALL);
    assert_eq!(first.renew().await.unwrap(), Slices::NONE);
}

#[tokio::test]
async fn a_write_of_more_rows_than_a_script_takes_is_seen_whole() {
    let target = open(&prefix()).await;
    target.renew().await.unwrap();
    let generation = target.ensure(&SALES).await.unwrap().serving.generation;
    let all = |rows: &mut Rows| (0..5_000).for_each(|n| rows.add(key(n), vec![("pieces", 1)]));
    target.write(vec![write(generation, 0, 10, all)]).await.unwrap();
    target.write(vec![write(generation, 10, 20, all)]).await.unwrap();
    let rows = target.rows(&SALES).await.unwrap();
    assert_eq!(rows.len(), 5_000);
    assert!(rows.values().all(|row| row[2] == Value::Int(2)), "each row is written once by each write");
    let found = target.ensure(&SALES).await.unwrap().serving;
    assert_eq!((found.checkpoints.common(), found.fit), (Some(Position(20)), Fit::Declared));
    let late = target.write(vec![write(generation, 10, 30, all)]).await;
    assert!(matches!(late, Err(WriteError::Fenced { .. })), "{late:?}");
}

/// The writer dies between two scripts: nobody goes on from there, and the view is to be built anew.
#[tokio::test]
async fn what_was_left_half_written_is_not_gone_on_with() {
    let prefix = prefix();
    let (first, second) = (open(&prefix).await, open(&prefix).await);
    first.renew().await.unwrap();
    let generation = first.ensure(&SALES).await.unwrap().serving.generation;
    first.write(vec![write(generation, 0, 10, |rows| sold(rows, 1, "ann", 1))]).await.unwrap();
    let lease: String = shared().get(format!("{prefix}:writer")).unwrap();
    let state = format!("{prefix}:sales:g{}:state", generation.0);
    shared().hset::<_, _, _, ()>(&state, "pending", format!("{lease}#7")).unwrap();
    assert_eq!(first.ensure(&SALES).await.unwrap().serving.fit, Fit::Declared, "it may still come to its end");
    let other = first.write(vec![write(generation, 10, 20, |_| {})]).await;
    assert!(matches!(other, Err(WriteError::Fenced { .. })), "no other write comes in between: {other:?}");

    shared().del::<_, ()>(format!("{prefix}:writer")).unwrap();
    assert_eq!(second.renew().await.unwrap(), Slices::ALL);
    assert_eq!(second.ensure(&SALES).await.unwrap().serving.fit, Fit::Outdated);
    assert!(matches!(second.write(vec![write(generation, 10, 20, |_| {})]).await, Err(WriteError::Fenced { .. })));
    let begun = second.begin_build(&SALES).await.unwrap();
    second.load(write(begun.generation, 0, 10, |rows| sold(rows, 1, "ann", 1))).await.unwrap();
    second.switch(vec![(&SALES, begun.generation)]).await.unwrap();
    assert_eq!(second.ensure(&SALES).await.unwrap().serving.fit, Fit::Declared);
}

/// The members of a list, newest first, and whether rows were left out of it.
fn list(prefix: &str, generation: Generation, buyer: &str) -> (Vec<String>, bool) {
    let set = format!("{prefix}:sales:g{}:by_buyer:[\"t\",\"{buyer}\"]", generation.0);
    let mut members: Vec<String> = shared().zrevrange(set, 0, -1).unwrap();
    let cut = members.pop_if(|last| last == "-").is_some();
    (members, cut)
}

#[tokio::test]
async fn lists_hold_the_newest_rows_and_know_what_they_lack() {
    let prefix = prefix();
    let target = open(&prefix).await;
    target.renew().await.unwrap();
    let generation = target.ensure(&SALES).await.unwrap().serving.generation;
    let member = |id: &str| format!("[\"t\",\"{id}\"]");
    let first = |rows: &mut Rows| {
        sold(rows, "a", "ann", 5);
        sold(rows, "b", "ann", 7);
        sold(rows, "c", "ann", 7);
        sold(rows, "d", "bob", 9);
        rows.put(key("draft"), vec![("buyer", "ann".into())]);
    };
    target.write(vec![write(generation, 0, 1, first)]).await.unwrap();
    assert_eq!(list(&prefix, generation, "ann"), (["c", "b", "a"].map(member).to_vec(), false));
    let second = |rows: &mut Rows| {
        rows.patch(key("a"), vec![("buyer", "bob".into())]);
        rows.patch(key("b"), vec![("at", 3.into())]);
        rows.patch(key("d"), vec![("pieces", 3.into())]);
        rows.delete(key("c"));
        rows.patch(key("draft"), vec![("at", 4.into())]);
    };
    target.write(vec![write(generation, 1, 2, second)]).await.unwrap();
    assert_eq!(list(&prefix, generation, "ann"), (["draft", "b"].map(member).to_vec(), false));
    assert_eq!(list(&prefix, generation, "bob"), (["d", "a"].map(member).to_vec(), false));

    let many = |rows: &mut Rows| (1..=300).for_each(|n| sold(rows, format!("{n:03}"), "eve", n));
    target.write(vec![write(generation, 2, 3, many)]).await.unwrap();
    let (kept, cut) = list(&prefix, generation, "eve");
    assert!(cut && (100..=128).contains(&kept.len()), "{}", kept.len());
    let newest: Vec<_> = (1..=300).rev().map(|n| member(&format!("{n:03}"))).take(kept.len()).collect();
    assert_eq!(kept, newest);
    // One that is older than what was left out would hide the ones between.
    let late = |rows: &mut Rows| {
        sold(rows, "old", "eve", 20);
        rows.delete(key("300"));
    };
    target.write(vec![write(generation, 3, 4, late)]).await.unwrap();
    assert_eq!(list(&prefix, generation, "eve"), (newest[1..].to_vec(), true));
    // Built anew from all rows at once, in any order, the list says nothing else.
    let begun = target.begin_build(&SALES).await.unwrap().generation;
    let rows = |rows: &mut Rows| (1..300).for_each(|n| sold(rows, format!("{n:03}"), "eve", n));
    target.load(write(begun, 0, 4, rows)).await.unwrap();
    let (rebuilt, cut) = list(&prefix, begun, "eve");
    assert!(cut && rebuilt.len() >= 100, "{}", rebuilt.len());
    let shorter = rebuilt.len().min(kept.len() - 1);
    assert_eq!(rebuilt[..shorter], newest[1..=shorter]);
}

#[tokio::test]
async fn what_was_written_is_announced() {
    let prefix = prefix();
    let target = open(&prefix).await;
    target.renew().await.unwrap();
    let generation = target.ensure(&SALES).await.unwrap().serving.generation;
    let client = redis::Client::open(Redis::shared().url()).unwrap();
    let mut listener = client.get_async_pubsub().await.unwrap();
    listener.subscribe(format!("{prefix}:changes")).await.unwrap();
    target.write(vec![write(generation, 0, 7, |rows| sold(rows, 1, "ann", 1))]).await.unwrap();
    let building = target.begin_build(&SALES).await.unwrap().generation;
    target.load(write(building, 0, 7, |rows| sold(rows, 1, "ann", 1))).await.unwrap();
    target.write(vec![write(building, 7, 8, |rows| sold(rows, 2, "ann", 1))]).await.unwrap();
    let many = |rows: &mut Rows| (0..3_000).for_each(|n| sold(rows, n, "ann", 1));
    target.write(vec![write(generation, 7, 9, many)]).await.unwrap();
    let mut messages = listener.into_on_message();
    let mut next = async || {
        let message = tokio::time::timeout(Duration::from_secs(10), messages.next()).await.unwrap().unwrap();
        serde_json::from_slice::<serde_json::Value>(message.get_payload_bytes()).unwrap()
    };
    assert_eq!(next().await, json!({"position": 7, "changes": [{"view": "sales", "key": ["t", "1"]}]}));
    let many = next().await;
    let named = many["changes"].as_array().unwrap().len();
    assert_eq!((&many["position"], named, &many["more"]), (&json!(9), 500, &json!(true)), "only what serves, once");
    target.switch(vec![(&SALES, building)]).await.unwrap();
    assert_eq!(next().await, json!({"position": 8, "changes": [], "more": true}), "any row may be another one");
}

#[tokio::test]
async fn a_generation_is_swept_in_small_steps() {
    let prefix = prefix();
    let target = open(&prefix).await;
    target.renew().await.unwrap();
    let old = target.ensure(&SALES).await.unwrap().serving.generation;
    let rows = |rows: &mut Rows| (0..6_000).for_each(|n| sold(rows, n, &format!("b{}", n % 50), n));
    target.write(vec![write(old, 0, 1, rows)]).await.unwrap();
    let new = target.begin_build(&SALES).await.unwrap().generation;
    target.load(write(new, 0, 1, |rows| sold(rows, 1, "ann", 1))).await.unwrap();
    target.switch(vec![(&SALES, new)]).await.unwrap();
    let left = || shared().keys::<_, Vec<String>>(format!("{prefix}:sales:g{}:*", old.0)).unwrap().len();
    let (mut before, mut steps) = (left(), 0);
    assert_eq!(before, 6_050);
    while target.sweep().await.unwrap() == Swept::More {
        let now = left();
        assert!(before - now <= 2_000, "{} keys in one step", before - now);
        (before, steps) = (now, steps + 1);
    }
    assert!(before == 0 && steps >= 6, "{before} keys are left after {steps} steps");
    assert_eq!(target.rows(&SALES).await.unwrap().len(), 1);
    let keys: Vec<String> = shared().keys(format!("{prefix}:*")).unwrap();
    assert_eq!(keys.len(), 7, "{keys:?}");
}

#[tokio::test]
async fn a_server_that_is_not_fit_is_refused() {
    let server = Redis::start().unwrap();
    let open = async |url: &str, prefix: &str| RedisTarget::open(url, &options(prefix)).await.err();
    assert!(open(&server.url(), "p").await.is_none());
    assert!(matches!(open(&server.url(), "p*").await, Some(OpenRedisError::Prefix(_))));
    assert!(matches!(open("http://127.0.0.1", "p").await, Some(OpenRedisError::Url(_))));

    let mut connection = connection(&server.url());
    let mut set = async |name: &str, value: &str| {
        redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec(&mut connection).unwrap();
    };
    set("maxmemory-policy", "allkeys-lru").await;
    let evicts = open(&server.url(), "p").await.unwrap().to_string();
    assert!(evicts.contains("allkeys-lru") && evicts.contains("set maxmemory-policy to noeviction"), "{evicts}");
    set("maxmemory-policy", "noeviction").await;
    set("requirepass", "right").await;
    let url = |password: &str| format!("redis://:{password}@127.0.0.1:{}/", server.port());
    assert!(open(&url("right"), "p").await.is_none());
    for wrong in [url("secret-but-wrong"), server.url()] {
        let refused = open(&wrong, "p").await.unwrap();
        assert!(matches!(refused, OpenRedisError::Credentials { .. }), "{refused:?}");
        assert!(!format!("{refused:?} {refused}").contains("secret"), "{refused:?}");
    }
    let port = server.port();
    drop(server);
    let gone = open(&format!("redis://:secret@127.0.0.1:{port}/"), "p").await.unwrap();
    let text = format!("{gone} {gone:?}");
    assert!(text.contains(&format!("127.0.0.1:{port}")) && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn an_index_that_cannot_be_a_list_is_refused() {
    let wrong = RedisOptions { recent: &[Recent { view: "sales", index: "by_color" }], ..options(&prefix()) };
    let target = RedisTarget::open(&Redis::shared().url(), &wrong).await.unwrap();
    let refused = target.ensure(&SALES).await.unwrap_err().to_string();
    assert!(refused.contains("by_color"), "{refused}");
}

/// A server that fails over forgets a script that it has answered to: the last one finds out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_a_large_write_that_was_lost_is_noticed() {
    let prefix = prefix();
    let target = open(&prefix).await;
    target.renew().await.unwrap();
    let serving = target.ensure(&SALES).await.unwrap().serving.generation;
    let building = target.begin_build(&SALES).await.unwrap().generation;
    let all = |rows: &mut Rows| (0..30_000).for_each(|n| sold(rows, n, "ann", 1));
    let forget = |generation: Generation| {
        let state = format!("{prefix}:sales:g{}:state", generation.0);
        std::thread::spawn(move || {
            let mut server = shared();
            while server.hdel::<_, _, u8>(&state, "part1").unwrap() == 0 {}
        })
    };
    let forgotten = forget(building);
    let lost = target.load(write(building, 0, 10, all)).await;
    forgotten.join().unwrap();
    assert!(matches!(lost, Err(WriteError::Target(_))), "{lost:?}");
    let begun = target.begin_build(&SALES).await.unwrap();
    assert_ne!(begun.generation, building, "it is begun anew");
    target.load(write(begun.generation, 0, 10, all)).await.unwrap();

    let forgotten = forget(serving);
    let lost = target.write(vec![write(serving, 0, 10, all)]).await;
    forgotten.join().unwrap();
    assert!(matches!(lost, Err(WriteError::Target(_))), "{lost:?}");
    target.renew().await.unwrap();
    assert_eq!(target.ensure(&SALES).await.unwrap().serving.fit, Fit::Outdated, "it is to be built anew");
    target.switch(vec![(&SALES, begun.generation)]).await.unwrap();
    assert_eq!(target.rows(&SALES).await.unwrap().len(), 30_000);
}
