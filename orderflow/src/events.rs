//! `orderflow events tail`: the log as it grows.

use std::{
    collections::VecDeque,
    io::{self, Write},
    time::Duration,
};

use clap::Subcommand;
use orderflow_engine::{EventReader, Position, RawEvent, Wanted};
use orderflow_stores::AnyReader;
use serde_json::value::RawValue;
use tokio::time::timeout;

use crate::{backends::Backends, serve::Role, settings::Settings};

#[derive(Subcommand)]
pub(crate) enum EventsCommand {
    /// Print the last events as JSON, one a line, and go on with new ones as they come
    Tail {
        /// How many of those that are there already
        #[arg(long, short = 'n', default_value_t = 10)]
        last: u64,
        /// Begin after this position instead
        #[arg(long, value_name = "POSITION")]
        after: Option<u64>,
        /// Stop at the end of the log
        #[arg(long)]
        no_follow: bool,
    },
}

pub(crate) async fn run(command: EventsCommand, settings: &Settings) -> anyhow::Result<()> {
    let EventsCommand::Tail { last, after, no_follow } = command;
    let backends = Backends::of(settings, Role::ReadApi)?;
    let reader = backends.reader().await?;
    let mut through = match after {
        Some(after) => Position(after),
        None if backends.has_sparse_positions() => before_last(&reader, last).await?,
        None => Position(reader.head().await?.0.saturating_sub(last)),
    };
    let mut news = reader.watch();
    loop {
        let page = reader.read_all(through, 1000, &Wanted::ALL).await?;
        for event in &page.events {
            print_event(event)?;
        }
        let more = page.through > through;
        through = page.through;
        if !more && no_follow {
            return Ok(());
        }
        if !more {
            tokio::select! {
                stopped = tokio::signal::ctrl_c() => return Ok(stopped?),
                _ = timeout(Duration::from_secs(1), news.changed()) => {}
            }
        }
    }
}

/// The position after which there are so many events, or all that there are. Nobody can count with positions that have
/// gaps, so the log is gone through, and the last of them are remembered.
async fn before_last(reader: &AnyReader, last: u64) -> anyhow::Result<Position> {
    if last == 0 {
        return Ok(reader.head().await?);
    }
    let mut positions = VecDeque::from([Position::START]);
    let mut through = Position::START;
    loop {
        let page = reader.read_all(through, 1000, &Wanted::ALL).await?;
        for event in &page.events {
            positions.push_back(event.position);
            if positions.len() as u64 > last.saturating_add(1) {
                positions.pop_front();
            }
        }
        if page.through <= through {
            return Ok(positions.front().copied().unwrap_or_default());
        }
        through = page.through;
    }
}

/// One event on one line: its place first, then what it says.
pub(crate) fn print_event(event: &RawEvent) -> anyhow::Result<()> {
    let line = serde_json::json!({
        "position": event.position,
        "stream": event.stream.as_str(),
        "version": event.version,
        "type": &*event.kind,
        "time": event.time,
        "data": serde_json::from_slice::<Box<RawValue>>(&event.data)?,
        "metadata": serde_json::from_slice::<Box<RawValue>>(&event.metadata)?,
    });
    match writeln!(io::stdout(), "{line}") {
        // Whoever read it has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        written => Ok(written?),
    }
}
