//! The command line.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::{
    demo, doctor, events, health, load, logging, openapi,
    process::{self, ProcessCommand},
    projection::{self, ProjectionCommand},
    serve::{self, Role},
    settings::{Flags, Settings},
    stream::{self, StreamCommand},
};

/// Orders, stock, payments and shipments, remembered as events.
///
/// Without a command it serves everything from one process and one directory.
#[derive(Parser)]
#[command(name = "orderflow", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve both APIs, the projector and the processes (the default)
    Serve,
    /// Serve the write API alone, beside others
    WriteApi,
    /// Serve the read API alone, beside others
    ReadApi,
    /// Keep views up to date and run processes, sharing the work with others
    Projector,
    /// Ask a server whether it is ready: exit status 0 if it is
    Health,
    /// Serve, load a sample of a real retailer's invoices, and show what to look at
    Demo,
    /// Bring a retailer's invoices in through the write API
    Load(LoadArgs),
    /// Look at projections, pause, resume and rebuild them
    #[command(subcommand)]
    Projection(ProjectionCommand),
    /// Read one stream
    #[command(subcommand)]
    Stream(StreamCommand),
    /// Look at fulfilment processes, and retry one that is parked
    #[command(subcommand)]
    Process(ProcessCommand),
    /// Read the log
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// Show the JSON Schemas of the events
    Schema {
        /// Only this event type, such as order.placed.v1
        kind: Option<String>,
    },
    /// Show the effective configuration, and where each value comes from
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look for what is wrong with this machine or this data, and say how to mend it
    Doctor,
    /// Print the OpenAPI document of an API
    #[command(hide = true)]
    Openapi { api: openapi::Api },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Print every setting, its value and its source
    Show,
}

#[derive(Args)]
struct LoadArgs {
    /// A CSV file of invoice lines, gzipped or not
    file: PathBuf,
    /// The server to read from, where another one reads than writes (--url) [default: the same]
    #[arg(long, value_name = "URL")]
    read_url: Option<String>,
    /// Write the summary as JSON to this file
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Write every row that was not loaded, and why, to this file [default: the file's name with .rejects.csv, here]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// How much of the demand is put on stock before
    #[arg(long, value_name = "SHARE", default_value = "1")]
    stock_share: rust_decimal::Decimal,
    /// Leave the shipments to someone else
    #[arg(long)]
    no_deliver: bool,
    /// Say nothing before the summary
    #[arg(long, short)]
    quiet: bool,
    /// Requests that are under way at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 64)]
    requests: usize,
}

impl Cli {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = Settings::gather(&self.flags)?;
        logging::start(&settings);
        // More than one provider of cryptography is linked, so whoever needs one is told which: nobody has chosen yet.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads to run on")?;
        let ran = runtime.block_on(run(self.command.unwrap_or(Command::Serve), settings));
        // Reads that nobody waits for any more need not hold up the end.
        runtime.shutdown_background();
        ran
    }
}

async fn run(command: Command, settings: Settings) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve => serve::until_stopped(&settings, Role::All).await?,
        Command::WriteApi => serve::until_stopped(&settings, Role::WriteApi).await?,
        Command::ReadApi => serve::until_stopped(&settings, Role::ReadApi).await?,
        Command::Projector => serve::until_stopped(&settings, Role::Projector).await?,
        Command::Health => return health::run(&settings).await,
        Command::Demo => demo::run(settings).await?,
        Command::Load(args) => run_load(args, &settings).await?,
        Command::Projection(command) => return projection::run(command, &settings).await,
        Command::Stream(command) => stream::run(command, &settings).await?,
        Command::Process(command) => process::run(command, &settings).await?,
        Command::Events(command) => events::run(command, &settings).await?,
        Command::Schema { kind } => openapi::print_schemas(kind.as_deref())?,
        Command::Config(ConfigCommand::Show) => print!("{settings}"),
        Command::Doctor => return doctor::run(&settings).await,
        Command::Openapi { api } => openapi::print(api)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_load(args: LoadArgs, settings: &Settings) -> anyhow::Result<()> {
    let url = settings.url.value.get();
    let server = match url {
        Some(_) => None,
        None => Some(serve::Server::start(&settings.on_any_port(), Role::All).await?),
    };
    let rejects = args.rejects.or_else(|| {
        let name = args.file.file_name()?.to_string_lossy();
        Some(PathBuf::from(format!("{name}.rejects.csv")))
    });
    let options = load::LoadOptions {
        source: load::Source::File(args.file),
        url: url.map(str::to_owned).or_else(|| server.as_ref().map(serve::Server::url)).unwrap_or_default(),
        read_url: args.read_url,
        summary: args.summary,
        rejects,
        stock_share: args.stock_share,
        deliver: if args.no_deliver { load::Delivery::No } else { load::Delivery::Yes },
        connections: args.requests,
        progress: if args.quiet { load::Progress::Quiet } else { load::Progress::Bar },
    };
    let loaded = load::load(options).await;
    if let Some(server) = server {
        server.stop().await?;
    }
    let summary = loaded?;
    print!("{summary}");
    anyhow::ensure!(summary.is_finished(), "some orders did not end in time: run the same command again to go on");
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
        // A subcommand's argument must not shadow a flag that every command takes.
        for arguments in [&["load", "f.csv", "--connections", "9"][..], &["load", "f.csv", "--requests", "9"]] {
            let parsed = <Cli as clap::Parser>::try_parse_from([&["orderflow"], arguments].concat());
            assert!(parsed.is_ok(), "{arguments:?}");
        }
    }
}
