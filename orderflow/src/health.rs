//! `orderflow health`: whether a server is ready, as an exit status, for those who start and stop it.

use std::process::ExitCode;

use crate::{client::Client, settings::Settings};

/// Asks the server that `--url` names, or else whoever listens where this configuration would.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let client = match settings.url.value.get() {
        Some(url) => Client::to(url)?,
        None => Client::to(&Client::url_of(settings.listen.value))?,
    };
    match client.get("/health/ready").await {
        Ok(_) => {
            println!("ready");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            println!("not ready: {error:#}");
            Ok(ExitCode::FAILURE)
        }
    }
}
