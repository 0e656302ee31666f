//! One HTTP/1.1 connection, driven by the task that uses it: no second task, and no hand-over between threads.

use std::{pin::Pin, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request, StatusCode,
    client::conn::http1,
    header::{self, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Ask, Endpoint};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than a server takes to say itself that it takes too long.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const ORDERFLOW_AFTER: HeaderName = HeaderName::from_static("orderflow-after");
const ORDERFLOW_POSITION: HeaderName = HeaderName::from_static("orderflow-position");

type Driver = http1::Connection<TokioIo<TcpStream>, Full<Bytes>>;

pub(super) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: Pin<Box<Driver>>,
}

/// An answer, read to its end.
pub(super) struct Exchange {
    pub(super) status: StatusCode,
    pub(super) position: u64,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Bytes,
}

/// There is no answer, and it is not known whether the request arrived.
#[derive(Debug)]
pub(super) struct Lost(pub(super) String);

/// Sends a request over the connection, which is opened first where there is none. One that failed is not kept.
pub(super) async fn exchange(
    connection: &mut Option<Connection>, endpoint: &Endpoint, ask: &Ask,
) -> Result<Exchange, Lost> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => Connection::open(&endpoint.authority).await?,
    };
    let answered = tokio::time::timeout(ANSWER_TIMEOUT, open.exchange(request(endpoint, ask))).await;
    match answered {
        Ok(Ok((exchange, Afterwards::Open))) => {
            *connection = Some(open);
            Ok(exchange)
        }
        Ok(Ok((exchange, Afterwards::Closed))) => Ok(exchange),
        Ok(Err(error)) => Err(Lost(format!("the connection was lost: {}", innermost(&error)))),
        Err(_) => Err(Lost(format!("no answer within {} s", ANSWER_TIMEOUT.as_secs()))),
    }
}

enum Afterwards {
    Open,
    Closed,
}

impl Connection {
    async fn open(authority: &str) -> Result<Self, Lost> {
        let lost = |error: &dyn std::error::Error| Lost(format!("no connection: {error}"));
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(authority)).await;
        let stream = stream.map_err(|elapsed| lost(&elapsed))?.map_err(|error| lost(&error))?;
        stream.set_nodelay(true).map_err(|error| lost(&error))?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| lost(&error))?;
        Ok(Self { sender, driver: Box::pin(driver) })
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<(Exchange, Afterwards)> {
        let Self { sender, driver } = self;
        let answer = async {
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            hyper::Result::Ok(Exchange {
                status: head.status,
                position: number(&head.headers, ORDERFLOW_POSITION).unwrap_or(0),
                retry_after: number(&head.headers, header::RETRY_AFTER).map(Duration::from_secs),
                body,
            })
        };
        let mut answer = std::pin::pin!(answer);
        tokio::select! {
            biased;
            answer = &mut answer => Ok((answer?, Afterwards::Open)),
            // The answer may have come with the end of the connection, and is then there to be taken.
            ended = driver => {
                let answer = answer.await;
                ended?;
                Ok((answer?, Afterwards::Closed))
            }
        }
    }
}

fn request(endpoint: &Endpoint, ask: &Ask) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(ask.body.clone()));
    *request.method_mut() = ask.method.clone();
    *request.uri_mut() = ask.uri.clone();
    let headers = request.headers_mut();
    headers.insert(header::HOST, endpoint.host.clone());
    if let Some(key) = &ask.key {
        headers.insert(IDEMPOTENCY_KEY, key.clone());
        headers.insert(header::CONTENT_TYPE, JSON);
    }
    if let Some(after) = ask.after {
        headers.insert(ORDERFLOW_AFTER, HeaderValue::from(after));
    }
    request
}

fn number(headers: &HeaderMap, name: HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
