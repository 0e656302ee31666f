//! `orderflow process …`: fulfilments, and those that need a person.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::{client::Client, settings::Settings};

#[derive(Subcommand)]
pub(crate) enum ProcessCommand {
    /// List processes, those that are stuck first
    List {
        #[arg(long)]
        status: Option<Status>,
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show where a process stands, and its events
    Show { id: uuid::Uuid },
    /// Try again what a process was parked at
    Retry { id: uuid::Uuid },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Status {
    Parked,
    Running,
    Waiting,
    Ended,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Ended => "ended",
        }
    }
}

pub(crate) async fn run(command: ProcessCommand, settings: &Settings) -> anyhow::Result<()> {
    let client = Client::require(settings).await?;
    match command {
        ProcessCommand::List { status, limit } => {
            println!("{:<36} {:<8} {:<18} {:<24} reason", "id", "status", "step", "since");
            let wanted = status.map_or(vec![Status::Parked, Status::Running, Status::Waiting], |status| vec![status]);
            for status in wanted {
                let path = format!("/api/v1/admin/processes?status={}&limit={limit}", status.as_str());
                list(&client.get(&path).await?);
            }
        }
        ProcessCommand::Show { id } => {
            println!("{:#}", client.get(&format!("/api/v1/admin/processes/{id}")).await?);
            println!("{:#}", client.get(&format!("/api/v1/admin/streams/fulfilment-{id}")).await?);
        }
        ProcessCommand::Retry { id } => {
            client.post(&format!("/api/v1/admin/processes/{id}/retry"), &json!({})).await?;
            println!("{:#}", client.get(&format!("/api/v1/admin/processes/{id}")).await?);
        }
    }
    Ok(())
}

fn list(page: &Value) {
    let text = |item: &Value, field: &str| item[field].as_str().unwrap_or_default().to_owned();
    for item in page["items"].as_array().into_iter().flatten() {
        println!(
            "{:<36} {:<8} {:<18} {:<24} {}",
            text(item, "id"),
            text(item, "status"),
            text(item, "step"),
            text(item, "updated_at"),
            text(item, "reason")
        );
    }
}
