use orderflow_core::{OrderId, order::OrderCommand};
use serde_json::json;

use crate::harness::{Server, envelope, order, tenant};

#[tokio::test]
async fn an_order_is_placed() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    server.list("22041", "0.333").await;
    let body = order(&[("85048", 12), ("22041", 5), ("85048", 1)]);
    let answer = server.keyed("invoice 489434".replace(' ', "-").as_str(), "/orders", &body).await;
    let id = answer.id();
    let number = id.parse::<OrderId>().unwrap().number();
    answer.is(
        201,
        json!({
            "id": id, "number": number, "status": "placed", "fulfilment": "none", "payment": "none",
            // 35.40, 1.665 rounded half to even, and 2.95
            "total": {"amount": "40.01", "currency": "GBP"},
        }),
    );
    assert_eq!(answer.header("location"), format!("/api/v1/orders/{id}"));
    assert_eq!((answer.header("etag"), answer.header("orderflow-position")), ("\"v1\"", "3"));
    let log = server.log().await;
    let placed: serde_json::Value = serde_json::from_slice(&log[2].data).unwrap();
    assert_eq!(
        placed,
        json!({
            "customer": null, "country": null, "currency": "GBP", "reference": null, "payment_token": "tok_approve",
            "placed_at": "2010-12-01T10:00:00Z", "total": "40.01",
            "lines": [
                {"line": 1, "sku": "85048", "description": "the 85048", "quantity": 12, "unit_price": "2.95", "total": "35.40"},
                {"line": 2, "sku": "22041", "description": "the 22041", "quantity": 5, "unit_price": "0.333", "total": "1.66"},
                {"line": 3, "sku": "85048", "description": "the 85048", "quantity": 1, "unit_price": "2.95", "total": "2.95"},
            ],
        })
    );
}

#[tokio::test]
async fn a_retailer_loads_an_invoice_of_last_year() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    let customer = server.post("/customers", json!({"country": "United Kingdom"})).await.id();
    let body = json!({
        "customer_id": customer, "currency": "GBP", "payment": {"token": "tok_approve"}, "reference": "489434",
        "placed_at": "2009-12-01T08:45:00.1234567+01:00",
        "lines": [{"sku": "85048", "quantity": 12, "unit_price": {"amount": "6.9500", "currency": "GBP"}}],
    });
    let answer = server.post("/orders", body).await;
    assert_eq!(answer.json()["total"], json!({"amount": "83.40", "currency": "GBP"}));
    let log = server.log().await;
    let placed: serde_json::Value = serde_json::from_slice(&log.last().unwrap().data).unwrap();
    let expected = json!([customer, "United Kingdom", "489434", "2009-12-01T07:45:00.123456Z"]);
    assert_eq!(
        json!([placed["customer"], placed["country"], placed["reference"], placed["placed_at"]]),
        expected,
        "the country is the customer's"
    );
}

#[tokio::test]
async fn the_story_of_an_event_is_beside_it() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [("Idempotency-Key", "a"), ("traceparent", trace)];
    server.send("POST", "/orders", &headers, &order(&[("85048", 1)]).to_string()).await;
    let log = server.log().await;
    let metadata = log[1].metadata().unwrap();
    assert_eq!((&*metadata.actor, metadata.trace_parent.as_deref()), ("operator", Some(trace)));
    assert_eq!(metadata.correlation(), metadata.command, "it begins a conversation");
    assert!(metadata.fingerprint.is_some(), "so that a repeat is recognised");
}

#[tokio::test]
async fn an_order_is_held_released_and_cancelled() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    let id = server.order("85048", 1).await;
    let held = server.send("POST", &format!("/orders/{id}/hold"), &[], r#"{"reason":"fraud check"}"#).await;
    held.is(200, json!({"id": id, "version": 2, "events": ["order.held.v1"]}));
    let released = server.send("POST", &format!("/orders/{id}/release"), &[], "").await;
    released.is(200, json!({"id": id, "version": 3, "events": ["order.released.v1"]}));
    let cancelled = server.send("POST", &format!("/orders/{id}/cancel"), &[], r#"{"note":"ordered twice"}"#).await;
    cancelled.is(200, json!({"id": id, "version": 4, "events": ["order.cancelled.v1"]}));
    let again = server.send("DELETE", &format!("/orders/{id}"), &[], "").await;
    again.is(200, json!({"id": id, "version": 4, "events": []}));
    let log = server.log().await;
    let cancelled: serde_json::Value = serde_json::from_slice(&log.last().unwrap().data).unwrap();
    assert_eq!(cancelled["reason"], json!({"code": "requested", "note": "ordered twice"}));
}

#[tokio::test]
async fn deleting_an_order_cancels_it() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    for (method, suffix) in [("DELETE", ""), ("POST", "/cancel")] {
        let id = server.order("85048", 1).await;
        let cancelled = server.send(method, &format!("/orders/{id}{suffix}"), &[], "").await;
        cancelled.is(200, json!({"id": id, "version": 2, "events": ["order.cancelled.v1"]}));
    }
}

#[tokio::test]
async fn an_order_is_confirmed_once_it_has_stock_and_payment() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    let id = server.order("85048", 1).await;
    let early = server.send("POST", &format!("/orders/{id}/confirm"), &[], "").await;
    early.is_refused(409, "stock-not-confirmed").is_problem(409, "conflict", "reload", &[]);
    let orders = &server.commands.orders;
    for command in [OrderCommand::ConfirmStock, OrderCommand::ConfirmPayment] {
        orders.execute(&tenant(), &id, &command, &envelope()).await.unwrap();
    }
    let satisfied = server.send("POST", &format!("/orders/{id}/confirm"), &[], "").await;
    satisfied.is(200, json!({"id": id, "version": 4, "events": []}));
}

#[tokio::test]
async fn an_order_that_is_not_there_is_missing() {
    let server = Server::new();
    let id = "00000000-0000-0000-0000-000000000001";
    for verb in ["place", "confirm", "release", "cancel"] {
        let answer = server.send("POST", &format!("/orders/{id}/{verb}"), &[], "").await;
        answer.is_refused(404, "no-such-order").is_problem(404, "not_found", "fix", &[]);
    }
    server.send("POST", &format!("/orders/{id}/hold"), &[], r#"{"reason":"x"}"#).await.is_refused(404, "no-such-order");
    server.send("PATCH", &format!("/orders/{id}"), &[], r#"{"remove":[1]}"#).await.is_refused(404, "no-such-order");
    server.send("DELETE", &format!("/orders/{id}"), &[], "").await.is_refused(404, "no-such-order");
    assert_eq!(server.log().await, []);
}
