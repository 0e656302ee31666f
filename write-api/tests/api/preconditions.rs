use serde_json::json;

use crate::harness::{Server, order};

#[tokio::test]
async fn a_stale_version_is_refused() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    let id = server.order("85048", 1).await;
    let path = format!("/orders/{id}/hold");
    let reason = r#"{"reason":"fraud check"}"#;
    let held = server.send("POST", &path, &[("If-Match", "\"v1\"")], reason).await;
    held.is(200, json!({"id": id, "version": 2, "events": ["order.held.v1"]}));
    let stale = server.send("POST", &format!("/orders/{id}/release"), &[("If-Match", "\"v1\"")], "").await;
    stale.is_problem(412, "precondition_failed", "reload", &[]);
    assert_eq!(stale.json()["version"], 2);
    let fresh = server.send("POST", &format!("/orders/{id}/release"), &[("If-Match", "\"v2\"")], "").await;
    assert_eq!(fresh.status, 200);
    let any = server.send("POST", &path, &[("If-Match", "*")], reason).await;
    assert_eq!(any.status, 200);
}

#[tokio::test]
async fn a_repeat_is_no_stale_request() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    let headers = [("If-Match", "\"v1\""), ("Idempotency-Key", "a")];
    let price = r#"{"amount":"3.10","currency":"GBP"}"#;
    let first = server.send("POST", "/products/85048/price", &headers, price).await;
    assert_eq!(first.status, 200);
    assert_eq!(server.send("POST", "/products/85048/price", &headers, price).await, first);
}

#[tokio::test]
async fn what_does_not_exist_is_at_no_version() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    let headers = [("If-Match", "\"v1\""), ("Idempotency-Key", "a")];
    let answer = server.send("POST", "/orders", &headers, &order(&[("85048", 1)]).to_string()).await;
    answer.is_problem(412, "precondition_failed", "reload", &[]);
}
