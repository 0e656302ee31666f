//! What the edge does to requests and answers, over a real connection.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    http::StatusCode,
    routing::{get, post},
};
use orderflow_http::{
    Health, IdempotencyKey, IfMatch, Json, JsonBody, Limits, OrderflowAfter, Path, Problem, Query, RequestContext, etag,
};
use serde::Deserialize;
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;

use crate::server::{Answer, Server};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    lines: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    quantity: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    status: Option<String>,
}

fn router() -> Router {
    Router::new()
        .route(
            "/orders",
            post(async |Json(order): Json<Order>| {
                order.lines.iter().map(|line| line.quantity).sum::<u32>().to_string()
            })
            .get(async |Query(filter): Query<Filter>| filter.status.unwrap_or_default()),
        )
        .route("/orders/{id}", get(async |Path(id): Path<Uuid>| ([("etag", etag(17))], id.to_string())))
        .route("/values", post(async |body: JsonBody<Value>| body.raw))
        .route("/optional", post(async |body: Option<JsonBody<Value>>| body.is_some().to_string()))
        .route("/bytes", post(async |body: Bytes| body.len().to_string()))
        .route("/panic", get(async || -> &'static str { panic!("password=hunter2") }))
        .route("/fault", get(async || -> Result<(), Problem> { Err(Problem::internal("password=hunter2")) }))
        .route("/slow", get(async || tokio::time::sleep(Duration::from_secs(3600)).await))
        .route("/teapot", get(async || (StatusCode::IM_A_TEAPOT, "short and stout")))
        .route(
            "/context",
            get(async |context: RequestContext| {
                Json([context.request_id().to_owned(), context.trace_parent().unwrap_or("none").to_owned()])
            }),
        )
        .route("/key", post(async |key: IdempotencyKey| key.to_string()))
        .route("/optional-key", post(async |key: Option<IdempotencyKey>| key.is_some().to_string()))
        .route("/if-match", post(async |if_match: IfMatch| if_match.required().map(|it| format!("{:?}", it.version()))))
        .route("/after", get(async |OrderflowAfter(after): OrderflowAfter| format!("{after:?}")))
        .merge(Health::new().router())
}

fn start() -> Server {
    Server::start(router(), Limits { request_timeout: Duration::from_millis(200), ..Limits::default() })
}

async fn send(server: &Server, line: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Answer {
    let body = body.as_ref();
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let head =
        format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n", body.len());
    server.send([head.as_bytes(), body].concat()).await
}

async fn send_json(server: &Server, path: &str, body: impl AsRef<[u8]>) -> Answer {
    send(server, &format!("POST {path}"), &["content-type: application/json"], body).await
}

#[track_caller]
fn check(answer: &Answer, status: u16, slug: &str) {
    assert_eq!(answer.problem(), (status, slug.to_owned()), "{answer:?}");
}

#[track_caller]
fn pointer(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    body["errors"][0]["pointer"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn json_is_refused_with_its_place() {
    let server = start();
    assert_eq!(send_json(&server, "/orders", r#"{"lines":[{"quantity":2},{"quantity":3}]}"#).await.body, "5");

    let wrong = send_json(&server, "/orders", r#"{"lines":[{"quantity":"x"}]}"#).await;
    check(&wrong, 422, "invalid_request");
    assert_eq!(pointer(&wrong), "#/lines/0/quantity");
    let unknown = send_json(&server, "/orders", r#"{"lines":[],"colour":"red"}"#).await;
    check(&unknown, 422, "invalid_request");
    assert_eq!(pointer(&unknown), "#/colour");
    let nul = send_json(&server, "/values", r#"[{"a":"\u0000"}]"#).await;
    check(&nul, 422, "invalid_request");
    assert_eq!(pointer(&nul), "#/0/a");

    let deep = [vec![b'['; 200_000], vec![b']'; 200_000]].concat();
    let malformed: [&[u8]; 7] =
        [b"", b"{", br#"{"lines":[]} 1"#, br#""\ud800""#, br#""\udc00x""#, b"\"\xff\"", b"\"\0\""];
    for body in malformed.into_iter().chain([&deep[..]]) {
        check(&send_json(&server, "/values", body).await, 400, "malformed_json");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_body_says_that_it_is_json() {
    let server = start();
    for header in ["x: y", "content-type: text/plain", "content-type: application/x-www-form-urlencoded"] {
        check(&send(&server, "POST /orders", &[header], "{}").await, 415, "unsupported_media_type");
    }
    let patch = send(&server, "POST /values", &["content-type: application/merge-patch+json"], " {}").await;
    assert_eq!((patch.status, patch.body.as_str()), (200, " {}"), "the raw bytes are kept");
    assert_eq!(send(&server, "POST /optional", &[], "").await.body, "false");
    assert_eq!(send_json(&server, "/optional", "{}").await.body, "true");
    check(&send_json(&server, "/optional", "").await, 400, "malformed_json");
    check(&send(&server, "POST /optional", &[], "{}").await, 415, "unsupported_media_type");
    server.stop().await;
}

#[tokio::test]
async fn parameters_are_named_when_they_are_wrong() {
    let server = start();
    assert_eq!(send(&server, "GET /orders?status=placed", &[], "").await.body, "placed");
    for target in ["/orders?sttus=placed", "/orders?status=a&status=b", "/orders?status=%00", "/orders?status=%ff"] {
        check(&send(&server, &format!("GET {target}"), &[], "").await, 400, "invalid_parameter");
    }
    for id in ["17", "not-an-id", "%00", "%ff", &"a".repeat(5000)] {
        let answer = send(&server, &format!("GET /orders/{id}"), &[], "").await;
        check(&answer, 400, "invalid_parameter");
        assert!(answer.body.len() < 2000, "{}", answer.body.len());
    }
    let id = "018f3b8e-0000-7000-8000-000000000001";
    let answer = send(&server, &format!("GET /orders/{id}"), &[], "").await;
    assert_eq!((answer.body.as_str(), answer.header("etag")), (id, Some("\"v17\"")));
    server.stop().await;
}

#[tokio::test]
async fn headers_are_named_when_they_are_wrong() {
    let server = start();
    assert_eq!(send(&server, "POST /key", &["idempotency-key: \"k-1\""], "").await.body, "k-1");
    check(&send(&server, "POST /key", &[], "").await, 400, "idempotency_key_missing");
    assert_eq!(send(&server, "POST /optional-key", &[], "").await.body, "false");
    for path in ["/key", "/optional-key"] {
        let twice = ["idempotency-key: a", "idempotency-key: a"];
        check(&send(&server, &format!("POST {path}"), &twice, "").await, 400, "invalid_header");
        check(&send(&server, &format!("POST {path}"), &["idempotency-key: a b"], "").await, 400, "invalid_header");
    }

    assert_eq!(send(&server, "POST /if-match", &["if-match: \"v17\""], "").await.body, "Some(17)");
    assert_eq!(send(&server, "POST /if-match", &["if-match: *"], "").await.body, "None");
    check(&send(&server, "POST /if-match", &[], "").await, 428, "precondition_required");
    for tag in ["W/\"v17\"", "\"v1\", \"v2\"", "v17"] {
        check(&send(&server, "POST /if-match", &[&format!("if-match: {tag}")], "").await, 400, "invalid_header");
    }

    assert_eq!(send(&server, "GET /after", &["orderflow-after: 7"], "").await.body, "Some(7)");
    assert_eq!(send(&server, "GET /after", &[], "").await.body, "None");
    check(&send(&server, "GET /after", &["orderflow-after: soon"], "").await, 400, "invalid_header");
    server.stop().await;
}

#[tokio::test]
async fn what_the_router_refuses_is_a_problem_too() {
    let server = start();
    check(&send(&server, "GET /nowhere", &[], "").await, 404, "not_found");
    check(&send(&server, "CONNECT x:1", &[], "").await, 404, "not_found");
    let wrong_method = send(&server, "DELETE /orders", &[], "").await;
    check(&wrong_method, 405, "method_not_allowed");
    assert_eq!(wrong_method.header("allow"), Some("POST,GET,HEAD"));

    let options = send(&server, "OPTIONS /orders", &[], "").await;
    assert_eq!((options.status, options.header("allow"), options.body.as_str()), (204, Some("POST,GET,HEAD"), ""));
    let head = send(&server, "HEAD /orders?status=placed", &[], "").await;
    assert_eq!((head.status, head.header("content-length"), head.body.as_str()), (200, Some("6"), ""));
    let head = send(&server, "HEAD /nowhere", &[], "").await;
    assert_eq!((head.status, head.body.as_str()), (404, ""));

    let teapot = send(&server, "GET /teapot", &[], "").await;
    assert_eq!((teapot.status, teapot.header("content-type")), (418, Some("application/problem+json")));
    let large = format!(
        "POST /bytes HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n200000\r\n{}",
        "a".repeat(0x0020_0000)
    );
    check(&server.send(large).await, 413, "body_too_large");
    let report = send(&server, "GET /health/ready", &[], "").await;
    assert_eq!(
        (report.status, report.header("content-type")),
        (503, Some("application/json")),
        "a report is no problem"
    );
    server.stop().await;
}

#[tokio::test]
async fn faults_are_answered_and_tell_nothing() {
    let server = start();
    for path in ["/panic", "/fault"] {
        let answer = send(&server, &format!("GET {path}"), &[], "").await;
        check(&answer, 500, "internal");
        assert!(!answer.body.contains("hunter2"), "{answer:?}");
        assert!(answer.header("x-request-id").is_some(), "{answer:?}");
    }
    check(&send(&server, "GET /slow", &[], "").await, 504, "timed_out");
    assert_eq!(send_json(&server, "/values", "1").await.status, 200, "the server lives on");
    server.stop().await;
}

#[tokio::test]
async fn every_request_has_an_identity() {
    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let server = start();
    let given = send(&server, "GET /context", &["x-request-id: r-1", &format!("traceparent: {TRACE}")], "").await;
    assert_eq!(given.header("x-request-id"), Some("r-1"));
    assert_eq!(given.body, format!(r#"["r-1","{TRACE}"]"#));

    let unfit = ["x-request-id: a b", "traceparent: 00-0-0-0"];
    let made = send(&server, "GET /context", &unfit, "").await;
    let [request_id, trace]: [String; 2] = serde_json::from_str(&made.body).unwrap();
    assert_eq!(made.header("x-request-id"), Some(request_id.as_str()));
    assert_eq!((request_id.len(), trace.as_str()), (32, "none"), "{request_id}");

    let refused = send(&server, "GET /nowhere", &["x-request-id: r-2"], "").await;
    assert_eq!(refused.header("x-request-id"), Some("r-2"));
    assert_eq!(refused.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(refused.header("cache-control"), Some("no-store"));
    server.stop().await;
}

/// Where the log of a test goes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_fault_is_logged_once_with_its_cause() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(tracing::Level::WARN).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = start();
    let fault = send(&server, "GET /fault?secret=1", &["x-request-id: r-9"], "").await;
    send(&server, "GET /nowhere", &[], "").await;
    server.stop().await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{text}");
    let fields = &lines[0]["fields"];
    let problem: Value = serde_json::from_str(&fault.body).unwrap();
    assert_eq!(fields["cause"], "password=hunter2");
    assert_eq!(fields["instance"], problem["instance"]);
    assert_eq!((&fields["request_id"], &fields["path"]), (&"r-9".into(), &"/fault".into()));
    assert_eq!(fields["status"], 500);
}
