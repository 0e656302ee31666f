use orderflow_core::{
    OrderId, Quantity, Sku,
    shipment::{ShipmentCommand, ShipmentLine},
};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Server, envelope, tenant};

/// A shipment as the fulfilment process requests it.
async fn requested(server: &Server) -> String {
    let order = OrderId(Uuid::from_u128(7));
    let line = ShipmentLine { line: 1, sku: Sku::new("85048").unwrap(), quantity: Quantity::new(2).unwrap() };
    let id = order.shipment(1).to_string();
    let request = ShipmentCommand::Request { order, lines: vec![line] };
    server.commands.shipments.execute(&tenant(), &id, &request, &envelope()).await.unwrap();
    id
}

#[tokio::test]
async fn a_shipment_is_packed_dispatched_and_delivered() {
    let server = Server::new();
    let id = requested(&server).await;
    let packed = server.send("POST", &format!("/shipments/{id}/pack"), &[], "").await;
    packed.is(200, json!({"id": id, "version": 2, "events": ["shipment.packed.v1"]}));
    let dispatch = r#"{"carrier":"Royal Mail","tracking":"RM1GB"}"#;
    let dispatched = server.send("POST", &format!("/shipments/{id}/dispatch"), &[], dispatch).await;
    dispatched.is(200, json!({"id": id, "version": 3, "events": ["shipment.dispatched.v1"]}));
    assert_eq!((dispatched.header("etag"), dispatched.header("orderflow-position")), ("\"v3\"", "3"));
    let delivered = server.send("POST", &format!("/shipments/{id}/deliver"), &[], "").await;
    delivered.is(200, json!({"id": id, "version": 4, "events": ["shipment.delivered.v1"]}));
    let again = server.send("POST", &format!("/shipments/{id}/deliver"), &[], "").await;
    again.is(200, json!({"id": id, "version": 4, "events": []}));
}

#[tokio::test]
async fn a_delivery_may_fail_and_be_tried_again() {
    let server = Server::new();
    let id = requested(&server).await;
    let dispatch = r#"{"carrier":"Royal Mail"}"#;
    server.send("POST", &format!("/shipments/{id}/dispatch"), &[], dispatch).await;
    let failed = server.send("POST", &format!("/shipments/{id}/fail"), &[], r#"{"reason":"nobody home"}"#).await;
    failed.is(200, json!({"id": id, "version": 3, "events": ["shipment.delivery_failed.v1"]}));
    server.send("POST", &format!("/shipments/{id}/deliver"), &[], "").await.is_refused(409, "delivery-failed");
    let sent = server.send("POST", &format!("/shipments/{id}/dispatch"), &[], dispatch).await;
    sent.is(200, json!({"id": id, "version": 4, "events": ["shipment.dispatched.v1"]}));
}

#[tokio::test]
async fn a_shipment_that_is_not_there_is_missing() {
    let server = Server::new();
    let path = "/shipments/00000000-0000-0000-0000-000000000001";
    for verb in ["pack", "deliver"] {
        server.send("POST", &format!("{path}/{verb}"), &[], "").await.is_refused(404, "no-such-shipment");
    }
    let dispatched = server.send("POST", &format!("{path}/dispatch"), &[], r#"{"carrier":"x"}"#).await;
    dispatched.is_refused(404, "no-such-shipment");
    let failed = server.send("POST", &format!("{path}/fail"), &[], r#"{"reason":"x"}"#).await;
    failed.is_refused(404, "no-such-shipment");
}

#[tokio::test]
async fn a_dispatch_names_its_carrier() {
    let server = Server::new();
    let id = requested(&server).await;
    let answer = server.send("POST", &format!("/shipments/{id}/dispatch"), &[], r#"{"tracking":7}"#).await;
    let errors = [("#/carrier", "is missing: give a text"), ("#/tracking", "give a text")];
    answer.is_problem(422, "invalid_request", "fix", &errors);
}
