//! Connections: their limits, their number and their end.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    routing::{get, post},
};
use orderflow_http::{Json, Limits, RawBody};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Notify, Semaphore},
    time::timeout,
};

use crate::server::{PATIENCE, Server, read_all, read_one};

const HELLO: &str = "GET /hello HTTP/1.1\r\nhost: x\r\n\r\n";
const HELLO_CLOSE: &str = "GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
const MIB: usize = 1024 * 1024;

fn router() -> Router {
    Router::new()
        .route("/hello", get(async || "hello"))
        .route("/json", post(async |Json(value): Json<Value>| Json(value)))
        .route("/length", post(async |RawBody(body): RawBody| body.len().to_string()))
}

#[tokio::test]
async fn a_connection_is_kept_and_pipelined() {
    let server = Server::start(router(), Limits::default());
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(HELLO.as_bytes()).await.unwrap();
        assert_eq!(read_one(&mut stream).await.body, "hello");
    }
    stream.write_all(format!("{HELLO}{HELLO}{HELLO_CLOSE}").as_bytes()).await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest.matches("HTTP/1.1 200 OK").count(), 3, "{rest}");
    server.stop().await;
}

#[tokio::test]
async fn slow_headers_end_the_connection() {
    let limits = Limits { header_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = Server::start(router(), limits);
    let mut idle = server.connect().await;
    let mut slow = server.connect().await;
    slow.write_all(b"GET /hello HTTP/1.1\r\nhost:").await.unwrap();
    for stream in [&mut idle, &mut slow] {
        let mut bytes = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("it is closed").unwrap();
        assert!(bytes.is_empty(), "{}", String::from_utf8_lossy(&bytes));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_slow_body_is_answered() {
    let limits = Limits { body_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = Server::start(router(), limits);
    let head = "POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{";
    let answer = server.send(head).await;
    assert_eq!(answer.problem(), (408, "request_timeout".to_owned()));
    server.stop().await;
}

#[tokio::test]
async fn oversized_headers_are_refused() {
    let server = Server::start(router(), Limits::default());
    let long = |bytes: usize| format!("GET /hello HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "a".repeat(bytes));
    let many = |count: usize| {
        let headers: String = (0..count).map(|index| format!("x-{index}: a\r\n")).collect();
        format!("GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n")
    };
    let mut stream = server.connect().await;
    stream.write_all(long(20_000).as_bytes()).await.unwrap();
    assert_eq!(read_one(&mut stream).await.problem(), (431, "header_too_large".to_owned()));
    assert_eq!(server.send(many(80)).await.problem(), (431, "header_too_large".to_owned()));
    assert_eq!(server.send(many(50)).await.status, 200);
    // Beyond the bounds of the connection itself there is no problem document, but the same status.
    assert_eq!(server.send(long(2 * MIB)).await.status, 431);
    assert_eq!(server.send(many(300)).await.status, 431);
    server.stop().await;
}

#[tokio::test]
async fn a_large_body_is_refused_however_it_is_sent() {
    let server = Server::start(router(), Limits::default());
    let body = vec![b' '; 20 * MIB];
    let json = "POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";

    let mut announced = format!("{json}content-length: {}\r\n\r\n", body.len()).into_bytes();
    announced.extend_from_slice(&body);
    assert_eq!(server.send(announced).await.problem(), (413, "body_too_large".to_owned()));

    let mut chunked = format!("{json}transfer-encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.chunks(60_000) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(server.send(chunked).await.problem(), (413, "body_too_large".to_owned()));
    server.stop().await;
}

#[tokio::test]
async fn a_body_up_to_the_limit_arrives_whole() {
    let server = Server::start(router(), Limits::default());
    for length in [0, 1, 100_000, MIB] {
        let mut request =
            format!("POST /length HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")
                .into_bytes();
        request.resize(request.len() + length, b'a');
        let answer = server.send(request).await;
        assert_eq!((answer.status, answer.body), (200, length.to_string()));
    }
    let chunked = "POST /length HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
                   3\r\nabc\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n";
    assert_eq!(server.send(chunked).await.body, "6");
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_let_go() {
    let limits = Limits { write_timeout: Duration::from_millis(50), connections: 1, ..Limits::default() };
    let large = Router::new().route("/large", get(async || vec![b'a'; 32 * MIB])).merge(router());
    let server = Server::start(large, limits);
    let mut deaf = server.connect().await;
    deaf.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    // There is one place only: it must become free though the deaf client holds on.
    assert_eq!(server.send(HELLO_CLOSE).await.body, "hello");
    drop(deaf);
    server.stop().await;
}

#[tokio::test]
async fn beyond_the_limit_connections_wait_their_turn() {
    let limits = Limits { connections: 2, ..Limits::default() };
    let server = Server::start(router(), limits);
    let mut first = server.connect().await;
    let mut second = server.connect().await;
    for stream in [&mut first, &mut second] {
        stream.write_all(HELLO.as_bytes()).await.unwrap();
        assert_eq!(read_one(stream).await.status, 200);
    }
    let mut third = server.connect().await;
    third.write_all(HELLO_CLOSE.as_bytes()).await.unwrap();
    let mut byte = [0];
    let waited = timeout(Duration::from_millis(100), third.read(&mut byte)).await;
    assert!(waited.is_err(), "the third was served while two were");
    drop(first);
    assert_eq!(read_all(&mut third).await.body, "hello");
    server.stop().await;
}

/// A handler that says when it has begun, and ends when it is told to.
fn gated() -> (Router, Arc<Notify>, Arc<Semaphore>) {
    let (begun, gate) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let (telling, waiting) = (Arc::clone(&begun), Arc::clone(&gate));
    let handler = async move || {
        telling.notify_one();
        waiting.acquire().await.unwrap().forget();
        "done"
    };
    (Router::new().route("/gated", get(handler)), begun, gate)
}

#[tokio::test]
async fn what_is_in_flight_is_finished() {
    let (router, begun, gate) = gated();
    let server = Server::start(router, Limits::default());
    let mut idle = server.connect().await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /gated HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    begun.notified().await;

    server.shutdown.cancel();
    let mut byte = [0];
    assert_eq!(timeout(PATIENCE, idle.read(&mut byte)).await.expect("the idle one is closed").unwrap(), 0);
    assert!(TcpStream::connect(server.address).await.is_err(), "nothing listens any more");
    assert!(!server.ended.is_finished(), "it waits for the request");

    gate.add_permits(1);
    let answer = read_all(&mut stream).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "done"));
    assert_eq!(answer.header("connection"), Some("close"));
    server.stop().await;
}

#[tokio::test]
async fn what_does_not_finish_is_cut() {
    let (router, begun, _gate) = gated();
    let limits = Limits { drain_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = Server::start(router, limits);
    let mut stream = server.connect().await;
    stream.write_all(b"GET /gated HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    begun.notified().await;
    server.stop().await;
    let mut bytes = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("it is closed");
    assert!(bytes.is_empty());
}
