use orderflow_core::{OrderId, order::OrderCommand};
use serde_json::json;

use crate::harness::{Server, envelope, order, tenant};

#[tokio::test]
async fn an_id_follows_from_its_key_for_ever() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    let answer = server.keyed("invoice-489434", "/orders", &order(&[("85048", 12)])).await;
    assert_eq!(
        answer.body,
        concat!(
            r#"{"id":"79b88f9b-05f0-5764-8660-8ff9ec20f495","number":"4FZ7P21X4N","status":"placed","fulfilment":"none","#,
            r#""payment":"none","total":{"amount":"35.40","currency":"GBP"}}"#
        ),
        "whoever retries after an upgrade must meet the same order"
    );
    let quoted = server.keyed("\"invoice-489434\"", "/orders", &order(&[("85048", 12)])).await;
    assert_eq!(quoted, answer, "quotes are not part of the key");
}

#[tokio::test]
async fn a_repeat_is_answered_with_the_same_bytes_whatever_happened_since() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    let customer = server.post("/customers", json!({"country": "France"})).await.id();
    let mut body = order(&[("85048", 12)]);
    body["customer_id"] = json!(customer);
    let first = server.keyed("a", "/orders", &body).await;
    assert_eq!(first.status, 201);
    let id = first.id();

    server.send("POST", "/products/85048/price", &[], r#"{"amount":"9.99","currency":"GBP"}"#).await;
    server.commands.orders.execute(&tenant(), &id, &OrderCommand::ConfirmStock, &envelope()).await.unwrap();
    assert_eq!(server.keyed("a", "/orders", &body).await, first, "the price and the order have moved on");

    server.send("DELETE", "/products/85048", &[], "").await;
    assert_eq!(server.keyed("a", "/orders", &body).await, first, "the product is discontinued");

    server.send("POST", &format!("/customers/{customer}/deactivate"), &[], "").await;
    assert_eq!(server.keyed("a", "/orders", &body).await, first, "the customer is deactivated");

    server.send("DELETE", &format!("/orders/{id}"), &[], "").await;
    assert_eq!(server.keyed("a", "/orders", &body).await, first, "the order is cancelled");

    assert_eq!(server.restarted().keyed("a", "/orders", &body).await, first, "the process was restarted");
    server.send("POST", "/products/85048/relist", &[], "").await;
    server.send("POST", &format!("/customers/{customer}/activate"), &[], "").await;
    assert_eq!(server.restarted().keyed("a", "/orders", &body).await, first, "and again");
    let mine = server.log().await.into_iter().filter(|event| &*event.kind == "order.placed.v1");
    assert_eq!(mine.count(), 1);
}

#[tokio::test]
async fn one_key_for_two_requests_is_refused() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    server.keyed("a", "/orders", &order(&[("85048", 1)])).await;
    let refuse = async |server: &Server, body: serde_json::Value| {
        let answer = server.keyed("a", "/orders", &body).await;
        answer.is_problem(422, "idempotency_key_reused", "stop", &[]);
    };
    refuse(&server, order(&[("85048", 2)])).await;
    refuse(&server, order(&[("nothing", 1)])).await;
    refuse(&server.restarted(), order(&[("85048", 2)])).await;
    let spaced = format!(" {}", order(&[("85048", 1)]));
    let answer = server.send("POST", "/orders", &[("Idempotency-Key", "a")], &spaced).await;
    answer.is_problem(422, "idempotency_key_reused", "stop", &[]);
}

#[tokio::test]
async fn a_refused_request_does_not_use_up_its_key() {
    let server = Server::new();
    let refused = server.keyed("a", "/orders", &order(&[("85048", 1)])).await;
    assert_eq!(refused.status, 422);
    server.list("85048", "2.95").await;
    assert_eq!(server.keyed("a", "/orders", &order(&[("85048", 1)])).await.status, 201);
}

#[tokio::test]
async fn one_key_means_different_things_at_different_addresses() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    let placed = server.keyed("a", "/orders", &order(&[("85048", 1)])).await;
    assert_eq!(placed.status, 201);
    for path in ["/stock/85048/receipts", "/stock/22041/receipts"] {
        let received = server.keyed("a", path, &json!({"quantity": 5})).await;
        assert_eq!(received.json()["events"], json!(["stock.received.v1"]));
    }
    assert_eq!(server.keyed("a", "/customers", &json!({})).await.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_are_one() {
    let server = std::sync::Arc::new(Server::new());
    server.list("85048", "2.95").await;
    let body = order(&[("85048", 3)]);
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let (body, server) = (body.clone(), std::sync::Arc::clone(&server));
            tokio::spawn(async move {
                // Every fifth comes through another process on the same store.
                if n % 5 == 0 {
                    server.restarted().keyed("a", "/orders", &body).await
                } else {
                    server.keyed("a", "/orders", &body).await
                }
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    assert_eq!(answers[0].status, 201, "{}", answers[0].body);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    let id: OrderId = answers[0].id().parse().unwrap();
    assert_eq!(server.kinds(&format!("order-{id}")).await, ["order.placed.v1"]);
}

#[tokio::test]
async fn a_receipt_is_received_once() {
    let server = Server::new();
    let receipt = json!({"quantity": 48});
    let first = server.keyed("a", "/stock/85048/receipts", &receipt).await;
    server.keyed("b", "/stock/85048/receipts", &receipt).await;
    let repeated = server.keyed("a", "/stock/85048/receipts", &receipt).await;
    assert_eq!(repeated, first, "its version and its position of then");
    assert_eq!(server.kinds("stock-85048").await, ["stock.received.v1"; 2]);
    let other = server.keyed("a", "/stock/85048/receipts", &json!({"quantity": 49})).await;
    other.is_problem(422, "idempotency_key_reused", "stop", &[]);
}

#[tokio::test]
async fn an_edit_is_made_once() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    let id = server.draft("85048", 1).await;
    let edit = json!({"add": [{"sku": "85048", "quantity": 2}]}).to_string();
    let path = format!("/orders/{id}");
    let first = server.send("PATCH", &path, &[("Idempotency-Key", "a")], &edit).await;
    assert_eq!(first.status, 200);
    server.send("DELETE", "/products/85048", &[], "").await;
    let repeated = server.send("PATCH", &path, &[("Idempotency-Key", "a")], &edit).await;
    assert_eq!(repeated, first, "although the product can no longer be ordered");
    let kinds = ["order.drafted.v1", "order.line_added.v1", "order.line_added.v1"];
    assert_eq!(server.kinds(&format!("order-{id}")).await, kinds);
}
