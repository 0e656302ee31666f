use serde_json::{Value, json};

use crate::harness::{Server, order};

async fn catalogue() -> Server {
    let server = Server::new();
    server.list("85048", "2.95").await;
    server.list("22041", "1.00").await;
    server
}

fn line(line: u32, sku: &str, quantity: u32, price: &str, total: &str) -> Value {
    json!({
        "line": line, "sku": sku, "description": format!("the {sku}"), "quantity": quantity,
        "unit_price": {"amount": price, "currency": "GBP"}, "total": {"amount": total, "currency": "GBP"},
    })
}

#[tokio::test]
async fn a_draft_is_begun_edited_and_placed() {
    let server = catalogue().await;
    let mut body = order(&[("85048", 12), ("22041", 1)]);
    body["draft"] = json!(true);
    let drafted = server.post("/orders", body).await;
    let id = drafted.id();
    let number = drafted.json()["number"].clone();
    drafted.is(
        201,
        json!({
            "id": id, "number": number, "status": "draft", "fulfilment": "none", "payment": "none",
            "total": {"amount": "36.40", "currency": "GBP"},
        }),
    );
    assert_eq!(drafted.header("etag"), "\"v3\"");

    let edit = json!({
        "add": [{"sku": "22041", "quantity": 3}], "change": [{"line": 1, "quantity": 10}], "remove": [2]
    });
    let edited = server.send("PATCH", &format!("/orders/{id}"), &[], &edit.to_string()).await;
    edited.is(
        200,
        json!({
            "id": id, "version": 6, "dry_run": false,
            "added": [line(3, "22041", 3, "1.00", "3.00")],
            "changed": [line(1, "85048", 10, "2.95", "29.50")],
            "removed": [2],
        }),
    );
    assert_eq!((edited.header("etag"), edited.header("orderflow-position")), ("\"v6\"", "8"));

    let placed = server.send("POST", &format!("/orders/{id}/place"), &[], "").await;
    placed.is(
        200,
        json!({
            "id": id, "number": number, "status": "placed", "fulfilment": "none", "payment": "none",
            "total": {"amount": "32.50", "currency": "GBP"},
        }),
    );
    let again = server.send("POST", &format!("/orders/{id}/place"), &[], "").await;
    again.is(200, json!({"id": id, "version": 7, "events": []}));
    let late = server.send("PATCH", &format!("/orders/{id}"), &[], r#"{"remove":[1]}"#).await;
    late.is_refused(409, "already-placed");
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let server = catalogue().await;
    let id = server.draft("85048", 12).await;
    let edit = json!({"add": [{"sku": "22041", "quantity": 3}], "remove": [1]}).to_string();
    let path = format!("/orders/{id}?dry_run=true");
    let shown = server.send("PATCH", &path, &[("Idempotency-Key", "a")], &edit).await;
    let body = json!({
        "id": id, "version": 2, "dry_run": true,
        "added": [line(2, "22041", 3, "1.00", "3.00")], "changed": [], "removed": [1],
    });
    shown.is(200, body);
    assert_eq!(server.kinds(&format!("order-{id}")).await, ["order.drafted.v1", "order.line_added.v1"]);
    let refused = server.send("PATCH", &path, &[], r#"{"remove":[9]}"#).await;
    refused.is_refused(422, "no-such-line").is_problem(422, "rejected", "fix", &[]);
    server.send("PATCH", &path, &[("If-Match", "\"v1\"")], &edit).await.is_problem(
        412,
        "precondition_failed",
        "reload",
        &[],
    );
    // The key was not used up.
    let real = server.send("PATCH", &format!("/orders/{id}"), &[("Idempotency-Key", "a")], &edit).await;
    assert_eq!((real.status.as_u16(), &real.json()["dry_run"]), (200, &json!(false)));
}

#[tokio::test]
async fn edits_are_made_together_or_not_at_all() {
    let server = catalogue().await;
    let id = server.draft("85048", 12).await;
    let edit = json!({"add": [{"sku": "22041", "quantity": 3}], "change": [{"line": 7, "quantity": 1}]});
    let refused = server.send("PATCH", &format!("/orders/{id}"), &[], &edit.to_string()).await;
    refused.is_refused(422, "no-such-line");
    assert_eq!(server.kinds(&format!("order-{id}")).await, ["order.drafted.v1", "order.line_added.v1"]);
}

#[tokio::test]
async fn every_wrong_edit_is_named() {
    let server = catalogue().await;
    let id = server.draft("85048", 12).await;
    let edit = json!({
        "add": [{"sku": "85048", "quantity": 1}, {"quantity": 0}], "change": [{"quantity": 1}, {"line": 0, "quantity": 1}],
        "remove": [0, "1"],
    });
    let quantity = "give a whole number from 1 to 1000000";
    let sku = "is missing: give a SKU: 1 to 64 characters (at most 190 bytes in UTF-8), without control characters, \
               '@' or spaces around it";
    server.send("PATCH", &format!("/orders/{id}"), &[], &edit.to_string()).await.is_problem(
        422,
        "invalid_request",
        "fix",
        &[
            ("#/remove/0", "give a whole number from 1 on"),
            ("#/remove/1", "give a whole number from 1 on"),
            ("#/change/0/line", "is missing: give a whole number from 1 on"),
            ("#/change/1/line", "give a whole number from 1 on"),
            ("#/add/1/sku", sku),
            ("#/add/1/quantity", quantity),
        ],
    );
    let unknown = json!({"add": [{"sku": "85048", "quantity": 1}, {"sku": "nothing", "quantity": 1}]});
    server.send("PATCH", &format!("/orders/{id}"), &[], &unknown.to_string()).await.is_problem(
        422,
        "invalid_request",
        "fix",
        &[("#/add/1/sku", "'nothing' is not in the catalogue")],
    );
    let endless = json!({"remove": vec![1; 1001]});
    server.send("PATCH", &format!("/orders/{id}"), &[], &endless.to_string()).await.is_problem(
        422,
        "invalid_request",
        "fix",
        &[("#/remove", "has 1001 entries: an order has at most 1000 lines, so split it")],
    );
}

#[tokio::test]
async fn a_draft_may_begin_without_lines_but_not_be_placed() {
    let server = catalogue().await;
    let draft = json!({"currency": "GBP", "payment": {"token": "tok_approve"}, "draft": true});
    let drafted = server.post("/orders", draft).await;
    assert_eq!(drafted.json()["total"], json!({"amount": "0.00", "currency": "GBP"}));
    let refused = server.send("POST", &format!("/orders/{}/place", drafted.id()), &[], "").await;
    refused.is_refused(422, "no-lines");
}

#[tokio::test]
async fn what_a_draft_names_may_no_longer_be_ordered() {
    let server = catalogue().await;
    let customer = server.post("/customers", json!({})).await.id();
    let mut body = order(&[("85048", 1), ("22041", 1)]);
    body["draft"] = json!(true);
    body["customer_id"] = json!(customer);
    let id = server.post("/orders", body).await.id();
    let place = format!("/orders/{id}/place");
    server.send("DELETE", "/products/22041", &[], "").await;
    server.send("POST", &place, &[], "").await.is_refused(409, "product-cannot-be-ordered");
    server.send("POST", "/products/22041/relist", &[], "").await;
    server.send("POST", &format!("/customers/{customer}/deactivate"), &[], "").await;
    server.send("POST", &place, &[], "").await.is_refused(409, "customer-cannot-order");
    server.send("POST", &format!("/customers/{customer}/activate"), &[], "").await;
    let placed = server.send("POST", &place, &[("Idempotency-Key", "a")], "").await;
    assert_eq!(placed.status, 200);
    server.send("POST", &format!("/customers/{customer}/deactivate"), &[], "").await;
    let repeated = server.send("POST", &place, &[("Idempotency-Key", "a")], "").await;
    assert_eq!(repeated, placed);
}
