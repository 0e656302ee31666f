//! The whole server over HTTP: every request is durable when it is answered, and projector and processes run beside.

use serde_json::Value;

use super::{Bench, child::Server, programs, samples::Samples};

/// The orders that are read, and that the process is timed with.
const ORDERS: u32 = 2000;

pub(super) fn measure(bench: &Bench, samples: &mut Samples) -> anyhow::Result<()> {
    let directory = bench.scratch()?;
    let ids = directory.path().join("ids").to_string_lossy().into_owned();
    let seconds = bench.seconds.to_string();

    let server = Server::start(&mut bench.programs.orderflow(), &directory.path().join("one"))?;
    drive(bench, &server, &["set-up"])?;
    samples.add_all("http.confirm", &drive(bench, &server, &["confirm"])?);
    let count = ORDERS.to_string();
    let placed = drive(bench, &server, &["place", "--count", &count, "--ids", &ids])?;
    let settled = drive(bench, &server, &["settle", "--ids", &ids])?;
    let took = placed["seconds"].as_f64().unwrap_or_default() + settled["seconds"].as_f64().unwrap_or_default();
    samples.add("http.fulfilled_per_s", f64::from(ORDERS) / took);
    samples.add_all("http.get_order", &drive(bench, &server, &["get", "--ids", &ids, "--seconds", &seconds])?);
    samples.add_all("http.place_1_line", &drive(bench, &server, &["place", "--seconds", &seconds])?);
    drop(server);

    // A server of its own, so that it does not work off what was placed before.
    let server = Server::start(&mut bench.programs.orderflow(), &directory.path().join("three"))?;
    drive(bench, &server, &["set-up"])?;
    let placed = drive(bench, &server, &["place", "--lines", "3", "--seconds", &seconds])?;
    samples.add_all("http.place_3_lines", &placed);
    Ok(())
}

fn drive(bench: &Bench, server: &Server, work: &[&str]) -> anyhow::Result<Value> {
    programs::json(bench.programs.drive().args(["--address", &server.address()]).args(work))
}
