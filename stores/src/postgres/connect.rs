//! Connections, set up for what they are for.

use std::{fmt, future::Future, str::FromStr, time::Duration};

use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};

use super::error::{OpenError, connecting};

/// How every session is set up, whatever the server's defaults are.
///
/// The queries are few and each has one good plan, over an index: a planner that chooses by the size the tables had
/// at the first call, or compiles, can only lose. A peer that is gone must not hold the lock on the head for long. And
/// no function that somebody else has made is called in the place of the server's own.
const EVERY_SESSION: &[(&str, &str)] = &[
    ("search_path", "pg_catalog"),
    ("default_transaction_isolation", "read committed"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
    ("max_parallel_workers_per_gather", "0"),
    ("plan_cache_mode", "force_generic_plan"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
];

/// Where the store is, for messages: it has no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How to reach the database.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) place: Place,
    options: PgConnectOptions,
    patience: Duration,
}

impl Address {
    pub(super) fn parse(url: &str, patience: Duration) -> Result<Self, OpenError> {
        let invalid = |reason: &dyn fmt::Display| OpenError::Url { reason: reason.to_string() };
        let Some((scheme, rest)) = url.split_once("://") else { return Err(invalid(&"it has no scheme")) };
        if !["postgres", "postgresql"].contains(&scheme) {
            return Err(invalid(&format_args!("its scheme is '{scheme}'")));
        }
        let options = PgConnectOptions::from_str(url).map_err(|error| invalid(&error))?;
        let (server, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = server.split('/').next().unwrap_or_default();
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        let in_query = |name: &str| query.split('&').any(|pair| pair.strip_prefix(name).is_some_and(|v| v.len() > 1));
        // Otherwise the name of whoever runs this process would be used, which in a container is anybody's.
        if (user.is_empty() || user.starts_with(':')) && !in_query("user=") {
            return Err(OpenError::NoUser);
        }
        let Some(database) = options.get_database() else { return Err(OpenError::NoDatabase) };
        let place = match options.get_socket() {
            Some(socket) => format!("the database '{database}' at {}", socket.display()),
            None => format!("the database '{database}' at {}:{}", options.get_host(), options.get_port()),
        };
        let options = options.options(EVERY_SESSION.iter().copied()).application_name("orderflow");
        Ok(Self { place: Place(place), options: options.disable_statement_logging(), patience })
    }

    /// With settings of its own for each session.
    pub(super) fn with(&self, settings: &[(&str, String)]) -> Self {
        let options = self.options.clone().options(settings.iter().map(|(name, value)| (*name, value)));
        Self { options, ..self.clone() }
    }

    pub(super) fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    pub(super) async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        within(self.patience, self.options.connect()).await
    }

    /// For opening a store: what is wrong is told to a person.
    pub(super) async fn try_out(&self) -> Result<PgConnection, OpenError> {
        let connecting = connecting(&self.place);
        self.in_time(self.patience, async { self.options.connect().await.map_err(connecting) }).await
    }

    /// For opening a store as well: a server that falls silent half-way is not waited for.
    pub(super) async fn in_time<T>(
        &self, patience: Duration, step: impl Future<Output = Result<T, OpenError>>,
    ) -> Result<T, OpenError> {
        let silent = |_| OpenError::Silent { place: self.place.clone(), patience };
        tokio::time::timeout(patience, step).await.map_err(silent)?
    }
}

/// What the server does not answer in time is an error of the connection.
pub(super) async fn within<T>(
    patience: Duration, answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(patience, answer).await.unwrap_or_else(|_| {
        let text = format!("the server did not answer within {} ms", patience.as_millis());
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, text)))
    })
}

/// Whether this is what [`within`] makes of a server that does not answer.
pub(super) fn is_silence(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<String, String> {
        Address::parse(url, Duration::ZERO).map(|address| address.place.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_url_names_user_and_database() {
        assert_eq!(parse("postgres://me:secret@db/events").unwrap(), "the database 'events' at db:5432");
        assert_eq!(parse("postgresql://db:5433/events?user=me").unwrap(), "the database 'events' at db:5433");
        for url in ["postgres://db/events", "postgres://:secret@db/events", "postgres:///events?host=/run/postgresql"] {
            assert!(parse(url).unwrap_err().contains("names no user"), "{url}");
        }
        assert!(parse("postgres://me@db").unwrap_err().contains("names no database"));
    }

    #[test]
    fn what_is_no_url_is_refused_without_showing_the_password() {
        for url in ["me:secret@db/events", "mysql://me:secret@db/events", "postgres://me:secret@db:port/events"] {
            let refused = parse(url).unwrap_err();
            assert!(refused.starts_with("this is not a URL of a Postgres database: "), "{refused}");
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
