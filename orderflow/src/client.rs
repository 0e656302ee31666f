//! A small client for commands that speak to a running server.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::{home::Home, settings::Settings};

pub(crate) struct Client {
    authority: String,
}

impl Client {
    /// The server that is named by its URL or serves the data directory, if it answers.
    pub(crate) async fn find(settings: &Settings) -> Option<Self> {
        if let Some(url) = settings.url.value.get() {
            let client = Self::to(url).ok()?;
            return client.get("/health/live").await.is_ok().then_some(client);
        }
        let serving = Home(&settings.data.value).serving()?;
        let client = Self { authority: serving.url.strip_prefix("http://")?.to_owned() };
        client.get("/health/live").await.is_ok().then_some(client)
    }

    /// The same, for commands that are of no use without one.
    pub(crate) async fn require(settings: &Settings) -> anyhow::Result<Self> {
        let data = settings.data.value.display();
        Self::find(settings).await.with_context(|| match settings.url.value.get() {
            Some(_) => format!("nobody answers at {}", settings.url.value),
            None => format!("no server serves {data}: start 'orderflow serve', or name one with --data or --url"),
        })
    }

    /// The server that listens on an address: one that listens on all of them is reached on this machine's own.
    pub(crate) fn url_of(mut address: SocketAddr) -> String {
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        format!("http://{address}")
    }

    pub(crate) fn to(url: &str) -> anyhow::Result<Self> {
        let authority = url.strip_prefix("http://").context("a server's address begins with http://")?;
        Ok(Self { authority: authority.trim_end_matches('/').to_owned() })
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::GET, path, Bytes::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(Method::POST, path, Bytes::from(serde_json::to_vec(body)?)).await
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Value> {
        let stream = TcpStream::connect(&self.authority)
            .await
            .with_context(|| format!("nobody answers at {}", self.authority))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", uuid::Uuid::now_v7().to_string())
            .body(Full::new(body))?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        connection.abort();
        let answer: Value = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
        if status.is_success() {
            return Ok(answer);
        }
        let said = |field: &str| answer.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        bail!("the server answered {status}: {}. {}", said("title"), said("detail"))
    }
}
