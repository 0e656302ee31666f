//! How a configuration names an event store.

use std::{fmt, path::PathBuf, str::FromStr};

/// Where an event store is. What it prints of itself has no passwords.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// `sqlite:PATH`
    Sqlite(PathBuf),
    /// `postgres://…` or `postgresql://…`, the whole URL.
    Postgres(String),
    /// `kurrentdb://…`, `kurrentdb+discover://…`, `esdb://…` or `esdb+discover://…`, the whole connection string.
    Kurrent(String),
}

/// Why a text is no URL of a store. It does not repeat the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    #[error("the store's URL has no scheme: it should begin with sqlite:, postgres:// or kurrentdb://")]
    NoScheme,
    #[error("'{0}' is not a kind of store: the URL should begin with sqlite:, postgres:// or kurrentdb://")]
    UnknownScheme(String),
    #[error("sqlite: names no file: write sqlite:PATH")]
    NoPath,
    #[error("the store's URL names no server: write {0}://USER@HOST/DATABASE")]
    NoServer(String),
}

impl FromStr for StoreUrl {
    type Err = InvalidUrl;

    fn from_str(url: &str) -> Result<Self, InvalidUrl> {
        let (scheme, rest) = url.split_once(':').ok_or(InvalidUrl::NoScheme)?;
        let server = || match rest.strip_prefix("//") {
            Some(rest) if !rest.is_empty() => Ok(url.to_owned()),
            Some(_) | None => Err(InvalidUrl::NoServer(scheme.to_owned())),
        };
        match scheme {
            "sqlite" if rest.is_empty() => Err(InvalidUrl::NoPath),
            "sqlite" => Ok(Self::Sqlite(PathBuf::from(rest))),
            "postgres" | "postgresql" => server().map(Self::Postgres),
            "kurrentdb" | "kurrentdb+discover" | "esdb" | "esdb+discover" => server().map(Self::Kurrent),
            unknown => Err(InvalidUrl::UnknownScheme(unknown.to_owned())),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) | Self::Kurrent(url) => f.write_str(&without_secrets(url)),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({self})")
    }
}

/// The URL with `***` for the password of its authority, and without its query, which can hold another.
pub(crate) fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "***".to_owned() };
    let head = rest.split(['?', '#']).next().unwrap_or_default();
    if rest[head.len()..].contains('@') {
        // A password may hold '?' and '#' although it should not, and a query '@': nobody knows where it ends.
        return format!("{scheme}://***");
    }
    // It may hold '@' and '/' as well: whatever is before the last '@' is hidden.
    let (user, server) = match head.rsplit_once('@') {
        Some((user, server)) => (Some(user), server),
        None => (None, head),
    };
    match user.map(|user| user.split_once(':').map_or((user, ""), |(name, _)| (name, ":***"))) {
        Some((name, password)) => format!("{scheme}://{name}{password}@{server}"),
        None => format!("{scheme}://{server}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        url.parse::<StoreUrl>().unwrap().to_string()
    }

    #[test]
    fn every_kind_of_store_has_its_scheme() {
        assert_eq!("sqlite:data/events.db".parse(), Ok(StoreUrl::Sqlite(PathBuf::from("data/events.db"))));
        assert_eq!(shown("sqlite:/var/lib/events.db"), "sqlite:/var/lib/events.db");
        for url in ["postgres://me@db/events", "postgresql://me@db:5433/events"] {
            assert_eq!(url.parse(), Ok(StoreUrl::Postgres(url.to_owned())));
        }
        for url in ["kurrentdb://a:2113", "kurrentdb+discover://a,b,c", "esdb://a:2113", "esdb+discover://a"] {
            assert_eq!(url.parse(), Ok(StoreUrl::Kurrent(url.to_owned())));
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        for (url, wanted) in [
            ("postgres://me:secret@db:5432/events", "postgres://me:***@db:5432/events"),
            ("postgres://me:se@cr/et@db/events", "postgres://me:***@db/events"),
            ("postgres://me@db/events?password=secret&sslmode=require", "postgres://me@db/events"),
            ("postgres://db/events", "postgres://db/events"),
            ("esdb://admin:secret@a,b?tls=false", "esdb://admin:***@a,b"),
            ("esdb://admin:secret?secret@a,b?tls=false", "esdb://***"),
            ("postgres://me:secret#secret@db/events", "postgres://***"),
            ("postgres://db/events?user=me@db&password=secret", "postgres://***"),
        ] {
            assert_eq!(shown(url), wanted);
            assert!(!format!("{:?}", url.parse::<StoreUrl>()).contains("secret"));
        }
    }

    #[test]
    fn what_is_no_store_is_refused_without_being_repeated() {
        let refused = |url: &str| url.parse::<StoreUrl>().unwrap_err();
        assert_eq!(refused("events.db"), InvalidUrl::NoScheme);
        assert_eq!(refused("sqlite:"), InvalidUrl::NoPath);
        assert_eq!(refused("postgres:events"), InvalidUrl::NoServer("postgres".to_owned()));
        assert_eq!(refused("postgres://"), InvalidUrl::NoServer("postgres".to_owned()));
        assert_eq!(refused("mysql://me:secret@db/events"), InvalidUrl::UnknownScheme("mysql".to_owned()));
        assert!(!refused("mysql://me:secret@db/events").to_string().contains("secret"));
    }
}
