//! `orderflow stream show`: one stream, event by event.

use anyhow::{Context, bail};
use clap::Subcommand;
use orderflow_engine::{EventReader, StreamName, Timestamp, Version};

use crate::{backends::Backends, events::print_event, serve::Role, settings::Settings};

#[derive(Subcommand)]
pub(crate) enum StreamCommand {
    /// Print the events of a stream, such as order-0190c2a8-…, as JSON, one a line
    Show {
        name: String,
        /// Only what had happened at this version (17) or time (2026-11-21T08:00:00Z)
        #[arg(long, value_name = "VERSION|TIME")]
        as_of: Option<String>,
    },
}

enum AsOf {
    Version(Version),
    Time(Timestamp),
}

pub(crate) async fn run(command: StreamCommand, settings: &Settings) -> anyhow::Result<()> {
    let StreamCommand::Show { name, as_of } = command;
    let name = StreamName::parse(name)?;
    let as_of = as_of.as_deref().map(parse_as_of).transpose()?;
    let reader = Backends::of(settings, Role::ReadApi)?.reader().await?;
    let mut after = Version::ZERO;
    loop {
        let page = reader.read_stream(&name, after, 1000).await?;
        let Some(last) = page.last() else { break };
        after = last.version;
        for event in &page {
            let later = match as_of {
                None => false,
                Some(AsOf::Version(version)) => event.version > version,
                Some(AsOf::Time(time)) => event.time > time,
            };
            if later {
                return Ok(());
            }
            print_event(event)?;
        }
    }
    if after == Version::ZERO {
        bail!("there is no stream '{name}': look for names with 'orderflow events tail'");
    }
    Ok(())
}

fn parse_as_of(text: &str) -> anyhow::Result<AsOf> {
    match text.parse() {
        Ok(version) => Ok(AsOf::Version(Version(version))),
        Err(_) => text
            .parse()
            .map(AsOf::Time)
            .with_context(|| format!("'{text}' is neither a version nor a time such as 2026-11-21T08:00:00Z")),
    }
}
