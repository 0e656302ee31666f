//! The configuration: defaults, then a file, then the environment, then flags; the later source wins.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use anyhow::{Context, bail};
use clap::Args;

/// The flags that every command takes. Each is also an environment variable, and a key of the configuration file.
#[derive(Args, Clone, Default)]
pub(crate) struct Flags {
    /// The directory that holds events and views [default: orderflow-data] [env: ORDERFLOW_DATA]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<String>,
    /// The address to listen on; port 0 picks a free one [default: 127.0.0.1:8080] [env: ORDERFLOW_LISTEN]
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// What to log: a level, or directives such as info,orderflow_projector=debug [default: info] [env: ORDERFLOW_LOG]
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// How to log: text or json [default: text] [env: ORDERFLOW_LOG_FORMAT]
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Connections served at a time [default: 768] [env: ORDERFLOW_CONNECTIONS]
    #[arg(long, global = true, value_name = "NUMBER")]
    connections: Option<String>,
    /// States of streams kept in memory, per kind of aggregate [default: 100000] [env: ORDERFLOW_CACHED_STREAMS]
    #[arg(long, global = true, value_name = "NUMBER")]
    cached_streams: Option<String>,
    /// Fulfilments worked on side by side [default: 64] [env: ORDERFLOW_SIDE_BY_SIDE]
    #[arg(long, global = true, value_name = "NUMBER")]
    side_by_side: Option<String>,
    /// A TOML file with any of these settings [env: ORDERFLOW_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Default,
    File,
    Environment,
    Flag,
}

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Setting<T> {
    key: &'static str,
    pub(crate) value: T,
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) data: Setting<PathBuf>,
    pub(crate) listen: Setting<SocketAddr>,
    pub(crate) log: Setting<String>,
    pub(crate) log_format: Setting<LogFormat>,
    pub(crate) connections: Setting<u32>,
    pub(crate) cached_streams: Setting<usize>,
    pub(crate) side_by_side: Setting<usize>,
}

const KEYS: [&str; 7] = ["data", "listen", "log", "log_format", "connections", "cached_streams", "side_by_side"];

impl Settings {
    pub(crate) fn gather(flags: &Flags) -> anyhow::Result<Self> {
        let path = flags.config.clone().or_else(|| std::env::var_os("ORDERFLOW_CONFIG").map(PathBuf::from));
        let sources = Sources { file: path.map(read_file).transpose()? };
        Ok(Self {
            data: sources.find("data", flags.data.as_ref(), "orderflow-data")?,
            listen: sources.find("listen", flags.listen.as_ref(), "127.0.0.1:8080")?,
            log: sources.find("log", flags.log.as_ref(), "info")?,
            log_format: sources.find("log_format", flags.log_format.as_ref(), "text")?,
            connections: sources.find("connections", flags.connections.as_ref(), "768")?,
            cached_streams: sources.find("cached_streams", flags.cached_streams.as_ref(), "100000")?,
            side_by_side: sources.find("side_by_side", flags.side_by_side.as_ref(), "64")?,
        })
    }

    /// The same settings for a server that nobody needs to find.
    pub(crate) fn on_any_port(&self) -> Self {
        let mut settings = self.clone();
        if settings.listen.origin == Origin::Default {
            settings.listen.value.set_port(0);
        }
        settings
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, listen, log, log_format, connections, cached_streams, side_by_side } = self;
        writeln!(f, "{:<16} {:<24} source", "setting", "value")?;
        row(f, data, data.value.display())?;
        row(f, listen, listen.value)?;
        row(f, log, &log.value)?;
        row(f, log_format, log_format.value)?;
        row(f, connections, connections.value)?;
        row(f, cached_streams, cached_streams.value)?;
        row(f, side_by_side, side_by_side.value)
    }
}

fn row<T>(f: &mut fmt::Formatter<'_>, setting: &Setting<T>, value: impl fmt::Display) -> fmt::Result {
    let origin = match setting.origin {
        Origin::Default => "default".to_owned(),
        Origin::File => "file".to_owned(),
        Origin::Environment => format!("environment, {}", variable(setting.key)),
        Origin::Flag => format!("flag, --{}", setting.key.replace('_', "-")),
    };
    writeln!(f, "{:<16} {:<24} {origin}", setting.key, value.to_string())
}

impl FromStr for LogFormat {
    type Err = anyhow::Error;
    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => bail!("'{other}' is neither text nor json"),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

struct Sources {
    file: Option<config::Config>,
}

impl Sources {
    fn find<T: FromStr>(&self, key: &'static str, flag: Option<&String>, default: &str) -> anyhow::Result<Setting<T>>
    where
        T::Err: fmt::Display,
    {
        let environment = || std::env::var(variable(key)).ok();
        let file = || self.file.as_ref().and_then(|file| file.get_string(key).ok());
        let (text, origin) = flag
            .cloned()
            .map(|text| (text, Origin::Flag))
            .or_else(|| environment().map(|text| (text, Origin::Environment)))
            .or_else(|| file().map(|text| (text, Origin::File)))
            .unwrap_or_else(|| (default.to_owned(), Origin::Default));
        match text.parse() {
            Ok(value) => Ok(Setting { key, value, origin }),
            Err(error) => bail!("the setting '{key}' cannot be '{text}': {error}"),
        }
    }
}

fn read_file(path: PathBuf) -> anyhow::Result<config::Config> {
    let file = config::Config::builder()
        .add_source(config::File::from(path.clone()).format(config::FileFormat::Toml))
        .build()
        .with_context(|| format!("the configuration file {} cannot be used", path.display()))?;
    let table: std::collections::HashMap<String, config::Value> = file.clone().try_deserialize()?;
    match table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        Some(unknown) => {
            bail!("{} has the unknown setting '{unknown}': use one of {}", path.display(), KEYS.join(", "))
        }
        None => Ok(file),
    }
}

fn variable(key: &str) -> String {
    format!("ORDERFLOW_{}", key.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_a_file_and_a_file_over_a_default() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("orderflow.toml");
        std::fs::write(&path, "listen = \"127.0.0.1:1\"\nconnections = 7\n").unwrap();
        let flags = Flags { listen: Some("127.0.0.1:2".to_owned()), config: Some(path.clone()), ..Flags::default() };
        let settings = Settings::gather(&flags).unwrap();
        assert_eq!((settings.listen.value.port(), settings.connections.value), (2, 7));
        let shown = settings.to_string();
        assert!(shown.contains("flag, --listen") && shown.contains("file") && shown.contains("default"), "{shown}");

        std::fs::write(&path, "listn = 1\n").unwrap();
        let error = Settings::gather(&flags).unwrap_err().to_string();
        assert!(error.contains("unknown setting 'listn'"), "{error}");
    }

    #[test]
    fn a_value_that_does_not_fit_is_named() {
        let flags = Flags { connections: Some("many".to_owned()), ..Flags::default() };
        let error = Settings::gather(&flags).unwrap_err().to_string();
        assert!(error.starts_with("the setting 'connections' cannot be 'many'"), "{error}");
    }
}
