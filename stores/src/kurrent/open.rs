//! How the store is opened, and why it may not be.

use std::time::Duration;

use kurrentdb::{ClientSettings, Credentials, Error};

use super::credentials;

/// The client waits so long before it connects at all, and again between two tries.
const DISCOVERY_INTERVAL_MS: u32 = 20;
/// So long it waits for each node that it asks for the others. A node that hangs must leave time for the next one.
const GOSSIP_TIMEOUT_MS: u32 = 1000;
const DEFAULTS: [(&str, u32); 2] = [("discoveryInterval", DISCOVERY_INTERVAL_MS), ("gossipTimeout", GOSSIP_TIMEOUT_MS)];

/// The limits of a store. The defaults suit a server in the same data centre.
#[derive(Debug, Clone)]
pub struct KurrentOptions {
    /// Appends that may wait to be decided; `submit` waits while there are so many.
    pub queue: usize,
    /// Appends that are on their way to the server at the same time.
    pub in_flight: usize,
    /// How long one call may take before it is given up, its outcome unknown.
    pub call_timeout: Duration,
    /// How long an append or a read is tried again before its caller is told.
    pub patience: Duration,
    /// Streams whose version is remembered, for appends that do not name one.
    pub cached_streams: usize,
}

impl Default for KurrentOptions {
    fn default() -> Self {
        Self {
            queue: 4096,
            in_flight: 64,
            call_timeout: Duration::from_secs(3),
            patience: Duration::from_secs(10),
            cached_streams: 100_000,
        }
    }
}

/// Why a store in KurrentDB could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum KurrentOpenError {
    /// The text is without the URL, which may hold a password.
    #[error("the URL of the KurrentDB server is not valid: {0}")]
    Url(String),
    #[error("the KurrentDB client could not be set up, look at the certificate files in its URL: {0}")]
    Setup(String),
    #[error("KurrentDB at {place} refused the credentials in its URL, or they may not read all streams")]
    Denied { place: String },
    #[error("KurrentDB at {place} could not be reached: {source}")]
    Unreachable { place: String, source: Error },
    #[error("the server at {place} did not answer as KurrentDB does: {source}")]
    Foreign { place: String, source: Error },
}

/// How the server is reached, and by whom.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) client: ClientSettings,
    pub(super) credentials: Option<Credentials>,
}

impl Settings {
    /// The hosts of the URL, which may be told to anybody.
    pub(super) fn place(&self) -> String {
        let hosts: Vec<_> = self.client.hosts().iter().map(|host| format!("{}:{}", host.host, host.port)).collect();
        hosts.join(", ")
    }
}

/// What the URL says, with what it does not.
pub(super) fn settings(url: &str) -> Result<Settings, KurrentOpenError> {
    let parse = |url: &str| {
        url.parse::<ClientSettings>().map_err(|invalid| {
            KurrentOpenError::Url(invalid.error().map_or_else(|| invalid.message().to_owned(), ToString::to_string))
        })
    };
    let (mut url, credentials) = credentials::split(url).map_err(|text| KurrentOpenError::Url(text.to_owned()))?;
    parse(&url)?;
    for (parameter, value) in DEFAULTS {
        if !url.to_lowercase().contains(&parameter.to_lowercase()) {
            let separator = if url.contains('?') { '&' } else { '?' };
            url = format!("{url}{separator}{parameter}={value}");
        }
    }
    Ok(Settings { client: parse(&url)?, credentials })
}

pub(super) fn refused(place: String, source: Error) -> KurrentOpenError {
    match source {
        Error::AccessDenied => KurrentOpenError::Denied { place },
        Error::ServerError(_)
        | Error::NotLeaderException(_)
        | Error::ConnectionClosed
        | Error::GrpcConnectionError(_)
        | Error::DeadlineExceeded => KurrentOpenError::Unreachable { place, source },
        Error::InitializationError(text) => KurrentOpenError::Setup(text),
        Error::Grpc { .. }
        | Error::InternalParsingError(_)
        | Error::ResourceAlreadyExists
        | Error::ResourceNotFound
        | Error::ResourceDeleted
        | Error::UnsupportedFeature
        | Error::InternalClientError
        | Error::IllegalStateError(_)
        | Error::WrongExpectedVersion { .. } => KurrentOpenError::Foreign { place, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_url_is_understood() {
        for url in [
            "kurrentdb://localhost:2113?tls=false",
            "kurrentdb://admin:changeit@localhost",
            "kurrentdb+discover://cluster.local:2113?tlsCaFile=ca.pem",
            "kurrentdb://a:2113,b:2113,c:2113?tls=false",
            "kurrentdb://a:1?userCertFile=cert.pem&userKeyFile=key.pem",
        ] {
            let client = settings(url).unwrap().client;
            assert_eq!(client.discovery_interval(), Duration::from_millis(DISCOVERY_INTERVAL_MS.into()), "{url}");
            assert_eq!(client.gossip_timeout(), Duration::from_millis(GOSSIP_TIMEOUT_MS.into()), "{url}");
        }
        let slow = settings("kurrentdb://a:1?discoveryinterval=700").unwrap().client;
        assert_eq!(slow.discovery_interval(), Duration::from_millis(700));
        assert_eq!(slow.gossip_timeout(), Duration::from_millis(GOSSIP_TIMEOUT_MS.into()));
        assert_eq!(settings("kurrentdb://u:p@a:1,b:2?tls=false").unwrap().place(), "a:1, b:2");
    }

    #[test]
    fn an_error_never_tells_the_password() {
        for url in [
            "postgres://u:secret@host",
            "kurrentdb://u:secret@host:port",
            "kurrentdb://u:secret@host/orders",
            "kurrentdb://u:12/secret@host",
            "kurrentdb://u:12?secret@host",
            "kurrentdb://u:1,secret@a:1,b:port",
            "u:secret@host",
            "kurrentdb://",
        ] {
            let refused = settings(url).err().expect("refused").to_string();
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
