//! A real server on a free port, and a client that sends exactly the bytes it is told to.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use orderflow_http::{Limits, Reach, bind, edge, run};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Far beyond what any answer takes: it ends a test that hangs, and measures nothing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) ended: JoinHandle<io::Result<()>>,
}

impl Server {
    pub(crate) fn start(router: Router, limits: Limits) -> Self {
        let listener = bind("127.0.0.1:0".parse().unwrap(), Reach::Loopback).unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let ended = tokio::spawn(run(listener, edge(router, limits), limits, shutdown.clone()));
        Self { address, shutdown, ended }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `request` on a connection of its own and reads until the server closes it.
    pub(crate) async fn send(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut stream = self.connect().await;
        // Even what the server does not want has to be taken: many clients take no answer before they have sent all.
        stream.write_all(request.as_ref()).await.unwrap();
        read_all(&mut stream).await
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        timeout(PATIENCE, self.ended).await.expect("the server ends").unwrap().unwrap();
    }
}

pub(crate) async fn read_all(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the connection ends").unwrap();
    Answer::parse(&bytes)
}

/// Reads one answer that has a `content-length`, and leaves the connection open.
pub(crate) async fn read_one(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    loop {
        let read = timeout(PATIENCE, stream.read_buf(&mut bytes)).await.expect("an answer").unwrap();
        assert_ne!(read, 0, "closed after {:?}", String::from_utf8_lossy(&bytes));
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let answer = Answer::parse(&bytes);
            let length: usize = answer.header("content-length").unwrap_or("0").parse().unwrap();
            if bytes.len() >= end + 4 + length {
                return answer;
            }
        }
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer in {text:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_owned(), v.to_owned()));
        Self { status, headers: headers.collect(), body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The problem's last segment of its type, after checking that it is a well-formed one.
    #[track_caller]
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body["status"], self.status, "{self:?}");
        for member in ["title", "detail", "action"] {
            assert!(body[member].is_string(), "{member} in {self:?}");
        }
        let slug = body["type"].as_str().unwrap().strip_prefix("https://orderflow.dev/problems/").unwrap();
        (self.status, slug.to_owned())
    }
}
