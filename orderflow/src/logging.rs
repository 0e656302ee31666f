//! Logs go to standard error, so that standard output stays for answers.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::settings::{LogFormat, Settings};

pub(crate) fn start(settings: &Settings) {
    let filter = EnvFilter::try_new(&settings.log.value).unwrap_or_else(|error| {
        eprintln!("warning: the log filter '{}' cannot be used ({error}); logging at info", settings.log.value);
        EnvFilter::new("info")
    });
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    match settings.log_format.value {
        LogFormat::Text => subscriber.with_target(false).init(),
        LogFormat::Json => subscriber.json().init(),
    }
}
