use std::sync::Mutex;

use axum::{
    Router,
    body::Bytes as Body,
    http::{HeaderMap, Uri as Path},
};

use super::*;

/// Status, headers, body.
type Answer = (u16, &'static [(&'static str, &'static str)], &'static str);

/// A server that gives these answers, one after the other, and notes which key and body each request came with.
struct Scripted {
    url: String,
    seen: Arc<Mutex<Vec<(String, String)>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Scripted {
    async fn start(answers: Vec<Answer>) -> Self {
        let seen: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
        let noted = Arc::clone(&seen);
        let handler = move |path: Path, headers: HeaderMap, body: Body| {
            let answer = if path.path() == "/health/ready" {
                (200, &[][..], "{}")
            } else {
                let key = headers.get("idempotency-key").map_or("", |key| key.to_str().unwrap()).to_owned();
                let mut noted = noted.lock().unwrap();
                noted.push((key, String::from_utf8(body.to_vec()).unwrap()));
                answers[noted.len() - 1]
            };
            async move {
                let (status, headers, body) = answer;
                let mut response = axum::response::Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(*name, *value);
                }
                response.body(axum::body::Body::from(body)).unwrap()
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(handler);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = hyper_util::service::TowerToHyperService::new(router.clone());
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(hyper_util::rt::TokioIo::new(stream), service),
                );
            }
        });
        Self { url, seen, task }
    }
}

fn post() -> Ask {
    Ask::post(Uri::from_static("/x"), HeaderValue::from_static("k"), Bytes::from_static(b"{}"))
}

const RETRY: &str = r#"{"type":"https://orderflow.dev/problems/unavailable","action":"retry"}"#;

#[tokio::test]
async fn a_passing_refusal_and_a_lost_connection_are_repeated_with_the_same_key() {
    let scripted = Scripted::start(vec![
        (503, &[("retry-after", "0")], RETRY),
        (429, &[("connection", "close")], ""),
        (409, &[], r#"{"action":"retry"}"#),
        (201, &[("orderflow-position", "17"), ("connection", "close")], "made"),
        (200, &[("orderflow-position", "3")], "again"),
    ])
    .await;
    let server = Arc::new(Server::find(&scripted.url, &scripted.url, Duration::from_secs(30)).await.unwrap());
    let mut client = Client::new(&server);
    assert_eq!(client.ask(&post()).await.unwrap().unwrap(), "made");
    assert_eq!(client.ask(&post()).await.unwrap().unwrap(), "again");
    assert_eq!(*scripted.seen.lock().unwrap(), vec![("k".to_owned(), "{}".to_owned()); 5]);
    assert_eq!((server.repeats(), server.requests(), server.position()), (3, 5, 17));
}

#[tokio::test]
async fn any_other_refusal_is_an_answer() {
    let reused =
        r#"{"type":"https://orderflow.dev/problems/idempotency_key_reused","title":"t","detail":"d","action":"stop"}"#;
    let stopped = r#"{"title":"t","detail":"d","code":"discontinued","action":"stop"}"#;
    let scripted = Scripted::start(vec![(422, &[], reused), (503, &[], stopped), (404, &[], "<html>")]).await;
    let server = Arc::new(Server::find(&scripted.url, &scripted.url, Duration::from_secs(30)).await.unwrap());
    let mut client = Client::new(&server);
    let refusal = client.ask(&post()).await.unwrap().unwrap_err();
    assert!(refusal.is_key_reused());
    assert_eq!(refusal.to_string(), "422, t, d");
    let refusal = client.ask(&post()).await.unwrap().unwrap_err();
    assert_eq!((refusal.status.as_u16(), refusal.code.as_deref()), (503, Some("discontinued")));
    let refusal = client.ask(&post()).await.unwrap().unwrap_err();
    assert_eq!(refusal.to_string(), "404");
}

#[tokio::test]
async fn patience_ends() {
    let scripted = Scripted::start(vec![(503, &[], RETRY); 1000]).await;
    let server = Arc::new(Server::find(&scripted.url, &scripted.url, Duration::from_millis(50)).await.unwrap());
    let error = Client::new(&server).ask(&post()).await.unwrap_err().to_string();
    assert!(error.contains("run the same command again"), "{error}");
}

#[tokio::test]
async fn what_is_no_orderflow_server_is_said() {
    let scripted = Scripted::start(vec![]).await;
    for (url, complaint) in [
        ("", "is not a server's address"),
        ("127.0.0.1:80", "is not a server's address"),
        ("https://127.0.0.1:80", "is not a server's address"),
        ("http://127.0.0.1:80/api", "is not a server's address"),
        ("http://user@127.0.0.1:80", "is not a server's address"),
    ] {
        let error = Server::find(url, url, Duration::ZERO).await.unwrap_err().to_string();
        assert!(error.contains(complaint), "{url}: {error}");
    }
    assert!(Server::find(&format!("{}/", scripted.url), &scripted.url, Duration::ZERO).await.is_ok());
}
