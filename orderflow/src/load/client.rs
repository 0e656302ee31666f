//! The server as the load sees it: connections that stay open, and requests that are repeated until they are answered.

mod backoff;
mod connection;
mod refusal;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use hyper::{Method, StatusCode, Uri, header::HeaderValue};

pub(super) use self::refusal::Refusal;
use self::{
    backoff::Backoff,
    connection::{Connection, Exchange, Lost},
};

/// For a server that is just being started.
const PATIENCE_AT_FIRST: Duration = Duration::from_secs(10);

/// What is written to and what is read from, often the same; and however many connections go there.
#[derive(Debug)]
pub(super) struct Server {
    writing: Endpoint,
    reading: Endpoint,
    patience: Duration,
    started: Instant,
    /// When something was last written, in milliseconds since the start.
    moved: AtomicU64,
    requests: AtomicU64,
    repeats: AtomicU64,
    /// The highest consistency token of the answers so far.
    position: AtomicU64,
}

/// A server's address.
#[derive(Debug, Clone, PartialEq)]
struct Endpoint {
    url: String,
    /// Host and port.
    authority: String,
    host: HeaderValue,
}

/// One connection's worth of requests to each end.
#[derive(Debug)]
pub(super) struct Client {
    server: Arc<Server>,
    writing: Option<Connection>,
    reading: Option<Connection>,
}

/// What to ask. Only a request that may be sent twice can be asked: a read, or a write with a key.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    method: Method,
    uri: Uri,
    key: Option<HeaderValue>,
    after: Option<u64>,
    body: Bytes,
}

impl Ask {
    /// A read that sees everything up to the position.
    pub(super) fn get(uri: Uri, after: u64) -> Self {
        Self { method: Method::GET, uri, key: None, after: Some(after), body: Bytes::new() }
    }

    pub(super) fn post(uri: Uri, key: HeaderValue, body: Bytes) -> Self {
        Self { method: Method::POST, uri, key: Some(key), after: None, body }
    }
}

impl Server {
    /// Waits a little for servers that are about to answer.
    pub(super) async fn find(writing: &str, reading: &str, patience: Duration) -> anyhow::Result<Self> {
        let server = Self {
            writing: Endpoint::of(writing)?,
            reading: Endpoint::of(reading)?,
            patience,
            started: Instant::now(),
            moved: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            repeats: AtomicU64::new(0),
            position: AtomicU64::new(0),
        };
        server.wait_until_ready(&server.writing).await?;
        if server.reading != server.writing {
            server.wait_until_ready(&server.reading).await?;
        }
        server.note_movement();
        Ok(server)
    }

    async fn wait_until_ready(&self, endpoint: &Endpoint) -> anyhow::Result<()> {
        let url = &endpoint.url;
        let ready = Ask {
            method: Method::GET,
            uri: Uri::from_static("/health/ready"),
            key: None,
            after: None,
            body: Bytes::new(),
        };
        let mut backoff = Backoff::default();
        loop {
            match connection::exchange(&mut None, endpoint, &ready).await {
                Ok(Exchange { status: StatusCode::OK, .. }) => return Ok(()),
                Ok(Exchange { status: StatusCode::SERVICE_UNAVAILABLE, .. }) => ensure!(
                    self.started.elapsed() < self.patience,
                    "{url} is not ready: look at {url}/health/ready for what it lacks"
                ),
                Ok(Exchange { status, .. }) => {
                    bail!("{url} answers {status} to /health/ready: it is no Orderflow server")
                }
                Err(Lost(cause)) => ensure!(
                    self.started.elapsed() < PATIENCE_AT_FIRST,
                    "nothing answers at {url} ({cause}): start 'orderflow serve' there, or leave out --url"
                ),
            }
            tokio::time::sleep(backoff.next(None)).await;
        }
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests that were sent again.
    pub(super) fn repeats(&self) -> u64 {
        self.repeats.load(Ordering::Relaxed)
    }

    /// A read after this sees every write that was answered so far.
    pub(super) fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    fn note_movement(&self) {
        self.moved.store(self.started.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// How long nothing was written, by anyone who shares this server.
    fn still_for(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.moved.load(Ordering::Relaxed)))
    }
}

impl Client {
    pub(super) fn new(server: &Arc<Server>) -> Self {
        Self { server: Arc::clone(server), writing: None, reading: None }
    }

    /// Asks until there is an answer: the body of a success, or a refusal that asking again would not change.
    ///
    /// # Errors
    ///
    /// When there was neither an answer nor, for a write, any other write for as long as the server's patience lasts.
    pub(super) async fn ask(&mut self, ask: &Ask) -> anyhow::Result<Result<Bytes, Refusal>> {
        let asked = Instant::now();
        let mut backoff = Backoff::default();
        let (endpoint, connection) = match ask.key {
            Some(_) => (&self.server.writing, &mut self.writing),
            None => (&self.server.reading, &mut self.reading),
        };
        loop {
            self.server.requests.fetch_add(1, Ordering::Relaxed);
            let (why, wait) = match connection::exchange(connection, endpoint, ask).await {
                Ok(Exchange { status, position, body, .. }) if status.is_success() => {
                    self.server.position.fetch_max(position, Ordering::Relaxed);
                    if ask.key.is_some() {
                        self.server.note_movement();
                    }
                    return Ok(Ok(body));
                }
                Ok(answer) => {
                    let refusal = Refusal::read(answer.status, &answer.body);
                    if !refusal.is_passing() {
                        return Ok(Err(refusal));
                    }
                    (refusal.to_string(), answer.retry_after)
                }
                Err(Lost(cause)) => (cause, None),
            };
            let still = if ask.key.is_some() { asked.elapsed().min(self.server.still_for()) } else { asked.elapsed() };
            ensure!(
                still < self.server.patience,
                "{} took nothing for {} s ({why}): see to the server, then run the same command again to go on",
                endpoint.url,
                still.as_secs()
            );
            self.server.repeats.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(backoff.next(wait)).await;
        }
    }
}

impl Endpoint {
    fn of(url: &str) -> anyhow::Result<Self> {
        let authority = authority(url)?;
        let host = HeaderValue::try_from(&authority).with_context(|| format!("'{url}' is not a server's address"))?;
        Ok(Self { url: url.to_owned(), authority, host })
    }
}

/// Host and port of `http://host:port`.
fn authority(url: &str) -> anyhow::Result<String> {
    let advice = || format!("'{url}' is not a server's address: give one such as http://127.0.0.1:8080");
    let uri: Uri = url.parse().with_context(advice)?;
    let plain = uri.scheme_str() == Some("http") && matches!(uri.path(), "" | "/") && uri.query().is_none();
    let authority = uri.authority().filter(|authority| plain && !authority.as_str().contains('@'));
    let authority = authority.with_context(advice)?;
    Ok(match authority.port() {
        Some(_) => authority.to_string(),
        None => format!("{authority}:80"),
    })
}
