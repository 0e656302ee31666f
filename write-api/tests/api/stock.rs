use orderflow_core::{OrderId, Quantity, stock::StockCommand};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Server, envelope, now, tenant};

#[tokio::test]
async fn stock_is_received_and_adjusted() {
    let server = Server::new();
    let received = server.post("/stock/85048/receipts", json!({"quantity": 48})).await;
    received.is(200, json!({"id": "85048", "version": 1, "events": ["stock.received.v1"]}));
    let adjusted = server.post("/stock/85048/adjustments", json!({"delta": -3, "reason": "stock count"})).await;
    adjusted.is(200, json!({"id": "85048", "version": 2, "events": ["stock.adjusted.v1"]}));
    assert_eq!((adjusted.header("etag"), adjusted.header("orderflow-position")), ("\"v2\"", "2"));
}

#[tokio::test]
async fn what_is_reserved_remains() {
    let server = Server::new();
    server.post("/stock/85048/receipts", json!({"quantity": 10})).await;
    let reserve = StockCommand::Reserve {
        order: OrderId(Uuid::from_u128(7)),
        quantity: Quantity::new(8).unwrap(),
        until: now() + chrono::Duration::minutes(15),
        now: now(),
    };
    server.commands.stock.execute(&tenant(), "85048", &reserve, &envelope()).await.unwrap();
    let refused = server.post("/stock/85048/adjustments", json!({"delta": -3, "reason": "broken"})).await;
    refused.is_refused(409, "below-reserved").is_problem(409, "conflict", "reload", &[]);
}

#[tokio::test]
async fn a_key_is_required() {
    let server = Server::new();
    for (path, body) in [("receipts", r#"{"quantity":1}"#), ("adjustments", r#"{"delta":1,"reason":"a stock count"}"#)]
    {
        let answer = server.send("POST", &format!("/stock/85048/{path}"), &[], body).await;
        answer.is_problem(400, "idempotency_key_missing", "fix", &[]);
    }
    assert_eq!(server.log().await, []);
}

#[tokio::test]
async fn quantities_are_whole_and_positive() {
    let server = Server::new();
    let detail = "give a whole number from 1 to 1000000";
    for quantity in ["0", "-1", "1.5", "1.0", "1000001", "4294967297", "1e2", "99999999999999999999", "\"1\"", "true"] {
        let body = format!(r#"{{"quantity":{quantity}}}"#);
        let answer = server.send("POST", "/stock/85048/receipts", &[("Idempotency-Key", "a")], &body).await;
        answer.is_problem(422, "invalid_request", "fix", &[("#/quantity", detail)]);
    }
    for body in ["{}", r#"{"quantity":null}"#] {
        let answer = server.send("POST", "/stock/85048/receipts", &[("Idempotency-Key", "a")], body).await;
        let missing = "is missing: give a whole number from 1 to 1000000";
        answer.is_problem(422, "invalid_request", "fix", &[("#/quantity", missing)]);
    }
}

#[tokio::test]
async fn adjustments_have_a_difference_and_a_reason() {
    let server = Server::new();
    let answer = server.post("/stock/85048/adjustments", json!({"delta": 0, "reason": " "})).await;
    let delta = "give a whole number from -1000000000 to 1000000000, and not 0";
    let errors = [("#/delta", delta), ("#/reason", "is empty: give a text")];
    answer.is_problem(422, "invalid_request", "fix", &errors);
}
