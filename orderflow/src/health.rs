//! `orderflow health`: whether a server is ready, as an exit status, for those who start and stop it.

use std::process::ExitCode;

use crate::{client::Client, settings::Settings};

/// Asks the server that `--url` names, or else whoever listens where this configuration would.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let client = match settings.url.value.get() {
        Some(url) => Client::to(url)?,
        None => {
            let mut address = settings.listen.value;
            if address.ip().is_unspecified() {
                address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
            }
            Client::to(&format!("http://{address}"))?
        }
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
