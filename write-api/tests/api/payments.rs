use orderflow_core::{Currency, OrderId, payment::PaymentCommand};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Server, envelope, tenant};

/// A payment that the provider authorized.
async fn authorized(server: &Server) -> String {
    let order = OrderId(Uuid::from_u128(7));
    let id = order.payment().to_string();
    let amount = "35.40".parse().unwrap();
    let request = PaymentCommand::Request { order, amount, currency: Currency::GBP, token: "tok_approve".to_owned() };
    let answer = PaymentCommand::RecordAuthorized { attempt: 1, reference: "sim".to_owned() };
    for command in [request, answer] {
        server.commands.payments.execute(&tenant(), &id, &command, &envelope()).await.unwrap();
    }
    id
}

#[tokio::test]
async fn a_payment_is_captured_once() {
    let server = Server::new();
    let id = authorized(&server).await;
    let path = format!("/payments/{id}/capture");
    let captured = server.send("POST", &path, &[("Idempotency-Key", "a")], "").await;
    captured.is(200, json!({"id": id, "version": 4, "events": ["payment.captured.v1"]}));
    assert_eq!(server.send("POST", &path, &[("Idempotency-Key", "a")], "").await, captured);
    let satisfied = server.send("POST", &path, &[("Idempotency-Key", "b")], "").await;
    satisfied.is(200, json!({"id": id, "version": 4, "events": []}));
    let void = server.send("POST", &format!("/payments/{id}/void"), &[("Idempotency-Key", "c")], "").await;
    void.is_refused(409, "already-captured").is_problem(409, "conflict", "reload", &[]);
}

#[tokio::test]
async fn a_payment_is_voided() {
    let server = Server::new();
    let id = authorized(&server).await;
    let voided = server.send("POST", &format!("/payments/{id}/void"), &[("Idempotency-Key", "a")], "").await;
    voided.is(200, json!({"id": id, "version": 4, "events": ["payment.voided.v1"]}));
    let capture = server.send("POST", &format!("/payments/{id}/capture"), &[("Idempotency-Key", "b")], "").await;
    capture.is_refused(409, "payment-voided");
}

#[tokio::test]
async fn money_moves_under_a_key_and_at_the_version_that_was_seen() {
    let server = Server::new();
    let id = authorized(&server).await;
    for verb in ["capture", "void"] {
        let path = format!("/payments/{id}/{verb}");
        server.send("POST", &path, &[], "").await.is_problem(400, "idempotency_key_missing", "fix", &[]);
        let stale = server.send("POST", &path, &[("Idempotency-Key", "a"), ("If-Match", "\"v2\"")], "").await;
        stale.is_problem(412, "precondition_failed", "reload", &[]);
    }
    let path = format!("/payments/{id}/capture");
    let captured = server.send("POST", &path, &[("Idempotency-Key", "a"), ("If-Match", "\"v3\"")], "").await;
    assert_eq!(captured.status, 200);
    let reused = server.send("POST", &path, &[("Idempotency-Key", "a")], "{}").await;
    reused.is_problem(422, "idempotency_key_reused", "stop", &[]);
}

#[tokio::test]
async fn a_payment_that_was_not_requested_is_missing() {
    let server = Server::new();
    let path = "/payments/00000000-0000-0000-0000-000000000001";
    let captured = server.send("POST", &format!("{path}/capture"), &[("Idempotency-Key", "a")], "").await;
    captured.is_refused(404, "no-such-payment");
}
