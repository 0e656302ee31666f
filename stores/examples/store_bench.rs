//! Measures the embedded store beside a bare SQLite loop and prints the medians as one JSON object.
//!
//! `store_bench [--rounds N] [--seconds S]`. Ratios mean something on any machine; absolute figures only on one.

#[path = "bench/load.rs"]
mod load;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use bytes::Bytes;
use orderflow_stores::{SqliteOptions, SqliteStore};
use rusqlite::Connection;

use crate::load::{Load, STREAMS, Samples, WRITERS};

const BARE_BATCHES: [usize; 5] = [1, 16, 64, 100, 256];
const MOST: usize = 256;

fn main() {
    let arguments = load::arguments("store_bench");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let load = Load::new();
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
    let mut medians = load::medians(samples);
    medians.insert("ratio_256_to_bare".to_owned(), medians["writers_256_per_s"] / medians["bare_100_per_s"]);
    println!("{}", serde_json::to_string_pretty(&medians).expect("plain numbers"));
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
            let stream = load::stream(position);
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
    load::appends(&store, load, writers, round, samples).await;
    if writers == MOST {
        load::reads(&store, load, samples).await;
    }
    store.close().await;
}

async fn new_streams(path: &Path, load: &'static Load, round: Duration, samples: &mut Samples) {
    let store = SqliteStore::open(path, &SqliteOptions::default()).expect("a store");
    load::new_streams(&store, load, MOST, round, samples).await;
    store.close().await;
}
