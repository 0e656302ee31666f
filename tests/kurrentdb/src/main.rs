//! Runs the stand-in by itself, so that programs can be tried against it by hand.

use std::net::SocketAddr;

use clap::Parser;
use orderflow_test_kurrentdb::{Options, Standin};

/// A stand-in KurrentDB server for tests: nothing that is written to it lasts
#[derive(Parser)]
struct Arguments {
    /// Where the first node listens; the others take the ports that follow
    #[arg(long, default_value = "127.0.0.1:2113")]
    listen: SocketAddr,
    /// How many nodes the cluster has
    #[arg(long, default_value_t = 1)]
    nodes: usize,
    /// After every so many appends, write events of the server itself
    #[arg(long, default_value_t = 0)]
    system_events_every: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let options = Options { nodes: arguments.nodes, listen: arguments.listen, ..Options::default() };
    let standin = Standin::try_start(&options)?;
    standin.faults().write_system_events(arguments.system_events_every);
    println!("{}", standin.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
