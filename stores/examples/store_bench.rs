//! Measures the embedded store beside a bare SQLite loop and prints the medians as one JSON object.
//!
//! `store_bench [--rounds N] [--seconds S]`. Ratios mean something on any machine; absolute figures only on one.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use bytes::Bytes;
use orderflow_engine::{
    Append, EventReader, EventStore, ExpectedVersion, Kinds, NewEvent, Position, StreamName, Version,
};
use orderflow_stores::{SqliteOptions, SqliteStore};
use rusqlite::Connection;

const STREAMS: usize = 10_000;
const KIND: &str = "order.line_added.v1";
const DATA_BYTES: usize = 306;
const METADATA_BYTES: usize = 146;
const BARE_BATCHES: [usize; 5] = [1, 16, 64, 100, 256];
const PAGE: usize = 1000;
const WRITERS: [usize; 4] = [1, 16, 64, 256];

type Samples = BTreeMap<String, Vec<f64>>;

struct Arguments {
    rounds: usize,
    round: Duration,
}

struct Load {
    names: Vec<StreamName>,
    data: Bytes,
    metadata: Bytes,
}

fn main() {
    let arguments = arguments();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let load = Load {
        names: (0..STREAMS).map(|id| StreamName::parse(format!("order-{id:032x}")).expect("a name")).collect(),
        data: json(DATA_BYTES),
        metadata: json(METADATA_BYTES),
    };
    let load: &'static Load = Box::leak(Box::new(load));
    let mut samples = Samples::new();
    for _ in 0..arguments.rounds {
        let directory = tempfile::tempdir().expect("a directory");
        for batch in BARE_BATCHES {
            let bare = bare_loop(&directory.path().join(format!("bare-{batch}.db")), load, batch, arguments.round);
            samples.entry(format!("bare_{batch}_per_s")).or_default().push(bare);
        }
        for writers in WRITERS {
            let path = directory.path().join(format!("{writers}.db"));
            runtime.block_on(store(&path, load, writers, arguments.round, &mut samples));
        }
        runtime.block_on(new_streams(&directory.path().join("new.db"), load, arguments.round, &mut samples));
    }
    let mut medians: BTreeMap<String, f64> = samples.into_iter().map(|(name, values)| (name, median(values))).collect();
    medians.insert("ratio_256_to_bare".to_owned(), medians["writers_256_per_s"] / medians["bare_100_per_s"]);
    println!("{}", serde_json::to_string_pretty(&medians).expect("plain numbers"));
}

fn arguments() -> Arguments {
    let mut arguments = Arguments { rounds: 5, round: Duration::from_secs(2) };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let value = given.next().and_then(|value| value.parse::<f64>().ok());
        match (name.as_str(), value) {
            ("--rounds", Some(rounds)) => arguments.rounds = (rounds as usize).max(1),
            ("--seconds", Some(seconds)) => arguments.round = Duration::from_secs_f64(seconds),
            _ => {
                eprintln!("usage: store_bench [--rounds N] [--seconds S]");
                std::process::exit(2);
            }
        }
    }
    arguments
}

fn json(length: usize) -> Bytes {
    let mut text = String::from("{\"line\":\"");
    text.extend((0..length - text.len() - 2).map(|index| char::from(b'a' + (index * 7 % 26) as u8)));
    text.push_str("\"}");
    Bytes::from(text)
}

/// The stream of the `number`-th append: all over the names, the same for every contender.
fn stream(number: usize) -> usize {
    number.wrapping_mul(2_654_435_761) % STREAMS
}

/// What SQLite does at its best for one caller that already has its events at hand: the same table and index.
fn bare_loop(path: &Path, load: &Load, batch: usize, round: Duration) -> f64 {
    let connection = Connection::open(path).expect("a database");
    let setup = "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        PRAGMA cache_size = -65536;
        CREATE TABLE events (position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, version INTEGER NOT NULL,
            kind INTEGER NOT NULL, time INTEGER NOT NULL, metadata TEXT NOT NULL, data TEXT NOT NULL) STRICT;
        CREATE UNIQUE INDEX events_by_stream ON events (stream, version);";
    connection.execute_batch(setup).expect("a table");
    let mut insert = connection.prepare("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)").expect("a statement");
    let (data, metadata) = (text(&load.data), text(&load.metadata));
    let mut versions = vec![0_i64; STREAMS];
    let start = Instant::now();
    let mut position = 0;
    while start.elapsed() < round {
        connection.execute_batch("BEGIN IMMEDIATE").expect("begun");
        for _ in 0..batch {
            let stream = stream(position);
            position += 1;
            versions[stream] += 1;
            let row = (position as i64, stream as i64, versions[stream], 1, 1_700_000_000_000_000_i64, metadata, data);
            insert.execute(row).expect("inserted");
        }
        connection.execute_batch("COMMIT").expect("committed");
    }
    position as f64 / start.elapsed().as_secs_f64()
}

fn text(bytes: &Bytes) -> &str {
    std::str::from_utf8(bytes).expect("JSON")
}

async fn store(path: &Path, load: &'static Load, writers: usize, round: Duration, samples: &mut Samples) {
    let store = SqliteStore::open(path, &SqliteOptions::default()).expect("a store");
    let start = Instant::now();
    let tasks: Vec<_> =
        (0..writers).map(|writer| tokio::spawn(write(store.clone(), load, writer, writers, start + round))).collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.expect("a writer"));
    }
    let elapsed = start.elapsed().as_secs_f64();
    let mut sample = |name: String, value: f64| samples.entry(name).or_default().push(value);
    sample(format!("writers_{writers}_per_s"), latencies.len() as f64 / elapsed);
    latencies.sort_unstable();
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
        let index = ((latencies.len() - 1) as f64 * share) as usize;
        sample(format!("writers_{writers}_{name}_ms"), latencies[index].as_secs_f64() * 1000.0);
    }
    if writers == 256 {
        sample("scan_per_s".to_owned(), scan(&store, &Kinds::All).await);
        sample("scan_of_no_kind_per_s".to_owned(), scan(&store, &Kinds::Only(["other.v1"].into())).await);
        sample("stream_reads_per_s".to_owned(), read_streams(&store, load).await);
    }
    store.close().await;
}

/// Every append begins a stream, as every new order does.
async fn new_streams(path: &Path, load: &'static Load, round: Duration, samples: &mut Samples) {
    const WRITERS: usize = 256;
    let store = SqliteStore::open(path, &SqliteOptions::default()).expect("a store");
    let start = Instant::now();
    let write = |store: SqliteStore, writer: usize| async move {
        let mut number = writer;
        while start.elapsed() < round {
            // Ids as a hash gives them: all over the index of names.
            let id = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            let stream = StreamName::parse(format!("order-{id:032x}")).expect("a name");
            let append = append(load, stream, ExpectedVersion::NoStream);
            store.submit(append).await.wait().await.expect("appended");
            number += WRITERS;
        }
    };
    let tasks: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(write(store.clone(), writer))).collect();
    for task in tasks {
        task.await.expect("a writer");
    }
    let streams = store.head().await.expect("readable").0 as f64 / start.elapsed().as_secs_f64();
    samples.entry("writers_256_new_streams_per_s".to_owned()).or_default().push(streams);
    store.close().await;
}

fn append(load: &Load, stream: StreamName, expected: ExpectedVersion) -> Append {
    Append {
        stream,
        expected,
        events: vec![NewEvent { kind: KIND, data: load.data.clone() }],
        metadata: load.metadata.clone(),
        time: chrono::DateTime::UNIX_EPOCH,
    }
}

async fn write(
    store: SqliteStore, load: &'static Load, writer: usize, writers: usize, until: Instant,
) -> Vec<Duration> {
    let mut latencies = Vec::new();
    let mut number = writer;
    let mut now = Instant::now();
    while now < until {
        let append = append(load, load.names[stream(number)].clone(), ExpectedVersion::Any);
        store.submit(append).await.wait().await.expect("appended");
        let done = Instant::now();
        latencies.push(done - now);
        now = done;
        number += writers;
    }
    latencies
}

async fn scan(store: &SqliteStore, kinds: &Kinds) -> f64 {
    let head = store.head().await.expect("readable");
    let start = Instant::now();
    let mut through = Position::START;
    while through < head {
        through = store.read_all(through, PAGE, kinds).await.expect("readable").through;
    }
    head.0 as f64 / start.elapsed().as_secs_f64()
}

async fn read_streams(store: &SqliteStore, load: &Load) -> f64 {
    const READS: usize = 10_000;
    let start = Instant::now();
    for number in 0..READS {
        let name = &load.names[stream(number)];
        let events = store.read_stream(name, Version::ZERO, 10).await.expect("readable");
        assert!(events.len() <= 10);
    }
    READS as f64 / start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
