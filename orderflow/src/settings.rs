//! The configuration: defaults, then a file, then the environment, then flags; the later source wins.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use anyhow::{Context, bail};
use clap::Args;

use crate::serve::Role;

/// The flags that every command takes. Each is also an environment variable, and a key of the configuration file.
#[derive(Args, Clone, Default)]
pub(crate) struct Flags {
    /// The directory that holds events and views [default: orderflow-data] [env: ORDERFLOW_DATA]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<String>,
    /// Where events are kept: postgres://…, kurrentdb://…, or sqlite:FILE [default: a file in the data directory]
    /// [env: ORDERFLOW_STORE] [a file that holds it: ORDERFLOW_STORE_FILE]
    #[arg(long, global = true, value_name = "URL")]
    store: Option<String>,
    /// Where views are kept: postgres://…, or sqlite:FILE [default: a file in the data directory]
    /// [env: ORDERFLOW_VIEWS] [a file that holds it: ORDERFLOW_VIEWS_FILE]
    #[arg(long, global = true, value_name = "URL")]
    views: Option<String>,
    /// A Redis for documents that are read often: redis://…, or none [default: none]
    /// [env: ORDERFLOW_CACHE] [a file that holds it: ORDERFLOW_CACHE_FILE]
    #[arg(long, global = true, value_name = "URL")]
    cache: Option<String>,
    /// The address to listen on; port 0 picks a free one [default: 127.0.0.1:8080] [env: ORDERFLOW_LISTEN]
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Serve other addresses than those of this machine: true or false. There is no authentication yet, so only in a
    /// network that nobody else is in [default: false] [env: ORDERFLOW_LISTEN_ANYWHERE]
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    listen_anywhere: Option<String>,
    /// The server to speak to, for commands that speak to one [default: the one that serves the data directory]
    /// [env: ORDERFLOW_URL]
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,
    /// What to log: a level, or directives such as info,orderflow_projector=debug [default: info,sqlx=warn]
    /// [env: ORDERFLOW_LOG]
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
    /// Seconds for which a server that was asked to stop serves on, while readiness tells load balancers to leave it
    /// [default: 3 for one role alone, 0 for all in one process] [env: ORDERFLOW_DRAIN_DELAY]
    #[arg(long, global = true, value_name = "SECONDS")]
    drain_delay: Option<String>,
    /// A TOML file with any of these settings [env: ORDERFLOW_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Default,
    File,
    /// A file that holds this value alone.
    Secret,
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

/// The URL of a server, or nothing. Shown without its password, which may be in the query as well.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Place(String);

impl Place {
    pub(crate) fn get(&self) -> Option<&str> {
        Some(&*self.0).filter(|url| !url.is_empty() && *url != "none")
    }

    fn or(&self, nothing: &str) -> String {
        self.get().map_or_else(|| nothing.to_owned(), |_| self.to_string())
    }
}

impl FromStr for Place {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else { return f.write_str(&self.0) };
        let (place, query) = rest.split_once('?').map_or((rest, ""), |(place, _)| (place, "?…"));
        let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
        if rest[authority.len()..].contains('@') {
            // What looks like a host may be a part of a password that should have been escaped.
            return write!(f, "{scheme}://…");
        }
        match authority.rsplit_once('@') {
            Some((user, host)) => {
                let user = user.split_once(':').map_or(user, |(name, _)| name);
                write!(f, "{scheme}://{user}@{host}{path}{query}")
            }
            None => write!(f, "{scheme}://{place}{query}"),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How long a server that was asked to stop serves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DrainDelay {
    /// Long enough for load balancers to notice, where there may be any.
    Usual,
    Given(Duration),
}

impl DrainDelay {
    const BEHIND_OTHERS: Duration = Duration::from_secs(3);

    pub(crate) fn of(self, role: Role) -> Duration {
        match (self, role) {
            (Self::Given(delay), _) => delay,
            (Self::Usual, Role::All) => Duration::ZERO,
            (Self::Usual, Role::WriteApi | Role::ReadApi | Role::Projector) => Self::BEHIND_OTHERS,
        }
    }
}

impl FromStr for DrainDelay {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() { Ok(Self::Usual) } else { Ok(Self::Given(Duration::from_secs(text.parse()?))) }
    }
}

impl fmt::Display for DrainDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usual => write!(f, "{}, serve: 0", Self::BEHIND_OTHERS.as_secs()),
            Self::Given(delay) => write!(f, "{}", delay.as_secs()),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) data: Setting<PathBuf>,
    pub(crate) store: Setting<Place>,
    pub(crate) views: Setting<Place>,
    pub(crate) cache: Setting<Place>,
    pub(crate) listen: Setting<SocketAddr>,
    pub(crate) listen_anywhere: Setting<bool>,
    pub(crate) url: Setting<Place>,
    pub(crate) log: Setting<String>,
    pub(crate) log_format: Setting<LogFormat>,
    pub(crate) connections: Setting<u32>,
    pub(crate) cached_streams: Setting<usize>,
    pub(crate) side_by_side: Setting<usize>,
    pub(crate) drain_delay: Setting<DrainDelay>,
}

const KEYS: [&str; 13] = [
    "data",
    "store",
    "views",
    "cache",
    "listen",
    "listen_anywhere",
    "url",
    "log",
    "log_format",
    "connections",
    "cached_streams",
    "side_by_side",
    "drain_delay",
];

impl Settings {
    pub(crate) fn gather(flags: &Flags) -> anyhow::Result<Self> {
        let path = flags.config.clone().or_else(|| std::env::var_os("ORDERFLOW_CONFIG").map(PathBuf::from));
        let sources = Sources { file: path.map(read_file).transpose()? };
        Ok(Self {
            data: sources.find("data", flags.data.as_ref(), "orderflow-data")?,
            store: sources.find("store", flags.store.as_ref(), "")?,
            views: sources.find("views", flags.views.as_ref(), "")?,
            cache: sources.find("cache", flags.cache.as_ref(), "")?,
            listen: sources.find("listen", flags.listen.as_ref(), "127.0.0.1:8080")?,
            listen_anywhere: sources.find("listen_anywhere", flags.listen_anywhere.as_ref(), "false")?,
            url: sources.find("url", flags.url.as_ref(), "")?,
            log: sources.find("log", flags.log.as_ref(), "info,sqlx=warn")?,
            log_format: sources.find("log_format", flags.log_format.as_ref(), "text")?,
            connections: sources.find("connections", flags.connections.as_ref(), "768")?,
            cached_streams: sources.find("cached_streams", flags.cached_streams.as_ref(), "100000")?,
            side_by_side: sources.find("side_by_side", flags.side_by_side.as_ref(), "64")?,
            drain_delay: sources.find("drain_delay", flags.drain_delay.as_ref(), "")?,
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
        let Self {
            data,
            store,
            views,
            cache,
            listen,
            listen_anywhere,
            url,
            log,
            log_format,
            connections,
            cached_streams,
            side_by_side,
            drain_delay,
        } = self;
        writeln!(f, "{:<16} {:<24} source", "setting", "value")?;
        row(f, data, data.value.display())?;
        row(f, store, store.value.or("in the data directory"))?;
        row(f, views, views.value.or("in the data directory"))?;
        row(f, cache, cache.value.or("none"))?;
        row(f, listen, listen.value)?;
        row(f, listen_anywhere, listen_anywhere.value)?;
        row(f, url, url.value.or("of the data directory"))?;
        row(f, log, &log.value)?;
        row(f, log_format, log_format.value)?;
        row(f, connections, connections.value)?;
        row(f, cached_streams, cached_streams.value)?;
        row(f, side_by_side, side_by_side.value)?;
        row(f, drain_delay, drain_delay.value)
    }
}

fn row<T>(f: &mut fmt::Formatter<'_>, setting: &Setting<T>, value: impl fmt::Display) -> fmt::Result {
    let origin = match setting.origin {
        Origin::Default => "default".to_owned(),
        Origin::File => "file".to_owned(),
        Origin::Environment => format!("environment, {}", variable(setting.key)),
        Origin::Secret => format!("file named by {}_FILE", variable(setting.key)),
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
        let secret = secret(key)?;
        let file = || self.file.as_ref().and_then(|file| file.get_string(key).ok());
        let (text, origin) = flag
            .cloned()
            .map(|text| (text, Origin::Flag))
            .or_else(|| environment().map(|text| (text, Origin::Environment)))
            .or_else(|| secret.map(|text| (text, Origin::Secret)))
            .or_else(|| file().map(|text| (text, Origin::File)))
            .unwrap_or_else(|| (default.to_owned(), Origin::Default));
        match text.parse() {
            Ok(value) => Ok(Setting { key, value, origin }),
            Err(error) => bail!("the setting '{key}' cannot be '{}': {error}", Place(text)),
        }
    }
}

/// The value in the file that an environment variable names: what is secret need not be in the environment.
fn secret(key: &str) -> anyhow::Result<Option<String>> {
    let name = format!("{}_FILE", variable(key));
    let Some(path) = std::env::var_os(&name) else { return Ok(None) };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{} cannot be read, which {name} names", path.display()))?;
    Ok(Some(text.trim().to_owned()))
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
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgres://ann:s:e@cret@db:5432/o?sslmode=require", "postgres://ann@db:5432/o?…"),
            ("postgres://db/o?user=ann&password=secret", "postgres://db/o?…"),
            ("postgres://db/o?user=ann&password=s@cret", "postgres://…"),
            ("postgres://ann:sec/ret@db/o", "postgres://…"),
            ("postgres://ann:s@ec/r@et@db/o", "postgres://…"),
            ("redis://:secret@cache:6379/", "redis://@cache:6379/"),
            ("kurrentdb://node:2113?tls=false", "kurrentdb://node:2113?…"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("", ""),
        ] {
            assert_eq!(Place(url.to_owned()).to_string(), shown);
        }
    }

    #[test]
    fn a_value_that_does_not_fit_is_named() {
        let flags = Flags { connections: Some("many".to_owned()), ..Flags::default() };
        let error = Settings::gather(&flags).unwrap_err().to_string();
        assert!(error.starts_with("the setting 'connections' cannot be 'many'"), "{error}");
    }
}
