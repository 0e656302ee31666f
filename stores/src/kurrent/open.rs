//! How the store is opened, and why it may not be.

use std::time::Duration;

use kurrentdb::{ClientSettings, Error};

/// The client waits so long before it connects at all, and again between two tries.
const DISCOVERY_INTERVAL: &str = "discoveryInterval";
const DISCOVERY_INTERVAL_MS: u32 = 20;

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

/// The client's settings, with what the URL does not say.
pub(super) fn settings(url: &str) -> Result<ClientSettings, KurrentOpenError> {
    let parse = |url: &str| {
        url.parse::<ClientSettings>().map_err(|invalid| {
            KurrentOpenError::Url(invalid.error().map_or_else(|| invalid.message().to_owned(), ToString::to_string))
        })
    };
    let settings = parse(url)?;
    if url.to_lowercase().contains(&DISCOVERY_INTERVAL.to_lowercase()) {
        return Ok(settings);
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    parse(&format!("{url}{separator}{DISCOVERY_INTERVAL}={DISCOVERY_INTERVAL_MS}"))
}

/// The hosts of the URL, which may be told to anybody.
pub(super) fn place(settings: &ClientSettings) -> String {
    let hosts: Vec<_> = settings.hosts().iter().map(|host| format!("{}:{}", host.host, host.port)).collect();
    hosts.join(", ")
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
            let settings = settings(url).unwrap();
            assert_eq!(settings.discovery_interval(), Duration::from_millis(DISCOVERY_INTERVAL_MS.into()), "{url}");
        }
        let slow = settings("kurrentdb://a:1?discoveryinterval=700").unwrap();
        assert_eq!(slow.discovery_interval(), Duration::from_millis(700));
        assert_eq!(place(&settings("kurrentdb://u:p@a:1,b:2?tls=false").unwrap()), "a:1, b:2");
    }

    #[test]
    fn an_error_never_tells_the_password() {
        for url in ["postgres://u:secret@host", "kurrentdb://u:secret@host:port", "u:secret@host", "kurrentdb://"] {
            let refused = settings(url).unwrap_err().to_string();
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
