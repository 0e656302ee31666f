//! Measures the Postgres store beside `pgbench`, which inserts the same events one by one, and prints the medians as
//! one JSON object.
//!
//! `postgres_bench [--rounds N] [--seconds S]`. It runs a server of its own, as it comes: commits reach the disk.

#[path = "bench/load.rs"]
mod load;

use std::{fs, time::Duration};

use anyhow::Context;
use orderflow_stores::{PostgresOptions, PostgresStore};
use orderflow_test_servers::{Durability, Postgres};

use crate::load::{DATA_BYTES, Load, METADATA_BYTES, STREAMS, Samples, WRITERS};

const CLIENTS: [usize; 2] = [1, 64];

fn main() -> anyhow::Result<()> {
    let arguments = load::arguments("postgres_bench");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let load = Load::new();
    let mut samples = Samples::new();
    for _ in 0..arguments.rounds {
        let server = Postgres::start(Durability::Real, &[])?;
        for clients in CLIENTS {
            let inserts = pgbench(&server, clients, arguments.round)?;
            samples.entry(format!("pgbench_{clients}_per_s")).or_default().push(inserts);
        }
        runtime.block_on(store(&server.database(), load, arguments.round, &mut samples));
    }
    let mut medians = load::medians(samples);
    medians.insert("ratio_64_to_pgbench_1".to_owned(), medians["writers_64_per_s"] / medians["pgbench_1_per_s"]);
    println!("{}", serde_json::to_string_pretty(&medians)?);
    Ok(())
}

/// One event a transaction, into a table that has a key and nothing else to keep.
fn pgbench(server: &Postgres, clients: usize, round: Duration) -> anyhow::Result<f64> {
    let url = server.database();
    let table = "CREATE TABLE events (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream bigint NOT NULL, \
        version bigint NOT NULL, time bigint NOT NULL, kind smallint NOT NULL, metadata text NOT NULL, \
        data text NOT NULL)";
    let made = server.tool("psql").args([&url, "-qc", table]).output()?;
    anyhow::ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let script = tempfile::NamedTempFile::new()?;
    let insert = format!(
        "\\set stream random(1, {STREAMS})\nINSERT INTO events (stream, version, time, kind, metadata, data) \
         VALUES (:stream, 1, 1700000000000000, 1, '{}', '{}');\n",
        "m".repeat(METADATA_BYTES),
        "d".repeat(DATA_BYTES)
    );
    fs::write(script.path(), insert)?;
    let (clients, seconds) = (clients.to_string(), round.as_secs_f64().ceil().to_string());
    let mut pgbench = server.tool("pgbench");
    pgbench.args(["-n", "-M", "prepared", "-j", "2", "-c", &clients, "-T", &seconds, "-f"]).arg(script.path());
    let output = pgbench.arg(&url).output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout)?;
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    rate.with_context(|| format!("pgbench told no rate: {said}"))
}

async fn store(url: &str, load: &'static Load, round: Duration, samples: &mut Samples) {
    let store = PostgresStore::open(url, &PostgresOptions::default()).await.expect("a store");
    for writers in WRITERS {
        load::appends(&store, load, writers, round, samples).await;
    }
    load::reads(&store, load, samples).await;
    load::new_streams(&store, load, 64, round, samples).await;
    store.close().await;
}
