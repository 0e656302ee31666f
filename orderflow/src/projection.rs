//! `orderflow projection …`: against the running server, or by itself on the data directory when none runs.

mod offline;

use std::{process::ExitCode, time::Duration};

use anyhow::bail;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::{client::Client, settings::Settings};

#[derive(Subcommand)]
pub(crate) enum ProjectionCommand {
    /// List the views and what each is for the log: its position, lag and rate
    #[command(alias = "list")]
    Status {
        #[arg(long)]
        json: bool,
    },
    /// Stop following the log with one view
    Pause { view: String },
    /// Follow the log again
    Resume { view: String },
    /// Build a view anew beside the one that serves, and switch to it
    Rebuild {
        #[arg(required_unless_present = "all")]
        view: Option<String>,
        /// All views, in one pass
        #[arg(long, conflicts_with = "view")]
        all: bool,
        /// Switch only if the rows are the same as before
        #[arg(long)]
        verify: bool,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
    /// List the events that could not be projected, or try them again
    DeadLetters {
        #[arg(long)]
        retry: bool,
    },
}

pub(crate) async fn run(command: ProjectionCommand, settings: &Settings) -> anyhow::Result<ExitCode> {
    match command {
        ProjectionCommand::Status { json } => {
            let statuses = match Client::find(settings).await {
                Some(client) => client.get("/api/v1/admin/projections").await?,
                None => offline::status(settings).await?,
            };
            if json { println!("{statuses:#}") } else { print_status(&statuses) }
        }
        ProjectionCommand::Pause { view } => control(settings, &view, "pause").await?,
        ProjectionCommand::Resume { view } => control(settings, &view, "resume").await?,
        ProjectionCommand::Rebuild { view, all: _, verify, json } => {
            let view = view.as_deref().unwrap_or("all");
            let report = match Client::find(settings).await {
                Some(client) => rebuild(&client, view, verify).await?,
                None => offline::rebuild(settings, view, verify).await?,
            };
            if json { println!("{report:#}") } else { print_report(&report) }
        }
        ProjectionCommand::DeadLetters { retry } => {
            let client = Client::require(settings).await?;
            let answer = if retry {
                client.post("/api/v1/admin/dead-letters/retry", &json!({})).await?
            } else {
                client.get("/api/v1/admin/dead-letters").await?
            };
            println!("{answer:#}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn control(settings: &Settings, view: &str, verb: &str) -> anyhow::Result<()> {
    let client = Client::require(settings).await?;
    let answer = client.post(&format!("/api/v1/admin/projections/{view}/{verb}"), &json!({})).await?;
    println!("{view} is {}", answer["state"].as_str().unwrap_or_default());
    Ok(())
}

/// Begins a rebuild and watches it.
async fn rebuild(client: &Client, view: &str, verify: bool) -> anyhow::Result<Value> {
    let begun = client.post(&format!("/api/v1/admin/projections/{view}/rebuild?verify={verify}"), &json!({})).await?;
    let path = format!("/api/v1/admin/rebuilds/{}", begun["id"]);
    let bar = progress_bar();
    loop {
        let rebuild = client.get(&path).await?;
        match rebuild["state"].as_str() {
            Some("done") => {
                bar.finish_and_clear();
                return Ok(rebuild["report"].clone());
            }
            Some("running") => {}
            _ => bail!("{view} was not rebuilt: {}", rebuild["reason"].as_str().unwrap_or_default()),
        }
        let statuses = client.get("/api/v1/admin/projections").await?;
        show_progress(&bar, &statuses);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent:>3}%  {msg}").expect("the template is right");
    ProgressBar::new(1000).with_style(style)
}

/// The slowest of the views that are being built.
fn show_progress(bar: &ProgressBar, statuses: &Value) {
    let building = statuses["items"].as_array().into_iter().flatten().map(|item| &item["building"]);
    let progress = |building: &Value| building["progress"].as_f64();
    let slowest = building.filter(|building| progress(building).is_some());
    let slowest = slowest.min_by(|a, b| progress(a).unwrap_or(1.0).total_cmp(&progress(b).unwrap_or(1.0)));
    if let Some(building) = slowest {
        bar.set_position((progress(building).unwrap_or(0.0) * 1000.0) as u64);
        let left = building["seconds_left"].as_u64().map_or_else(String::new, |left| format!(", {left} s left"));
        bar.set_message(format!("{} events/s{left}", building["rate_per_second"]));
    }
}

fn print_status(statuses: &Value) {
    println!(
        "{:<18} {:>4} {:<17} {:>10} {:>8} {:>9} {:>7}",
        "view", "gen", "state", "position", "lag", "events/s", "parked"
    );
    for item in statuses["items"].as_array().into_iter().flatten() {
        let state = match &item["building"]["progress"] {
            Value::Number(progress) => format!("building {:.0}%", progress.as_f64().unwrap_or(0.0) * 100.0),
            _not_building => item["state"].as_str().unwrap_or_default().to_owned(),
        };
        println!(
            "{:<18} {:>4} {state:<17} {:>10} {:>8} {:>9} {:>7}",
            item["view"].as_str().unwrap_or_default(),
            item["generation"],
            item["position"],
            item["lag"],
            item["rate_per_second"],
            item["parked"],
        );
        if let Some(trouble) = item["trouble"].as_str() {
            println!("  {trouble}");
        }
    }
}

fn print_report(report: &Value) {
    for view in report["views"].as_array().into_iter().flatten() {
        let verified = match view["verified"].as_str() {
            Some("equal") => ", equal to the one it replaces",
            Some("incomparable") => ", not comparable to the one it replaces",
            _not_asked => "",
        };
        println!(
            "{:<18} generation {}, {} rows{verified}",
            view["view"].as_str().unwrap_or_default(),
            view["generation"],
            view["rows"]
        );
    }
    let seconds = report["seconds"].as_f64().unwrap_or_default();
    println!("{} events in {seconds:.1} s: {} events/s", report["events"], report["events_per_second"]);
}
