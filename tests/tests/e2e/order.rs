//! An order's life through the real binary.

use orderflow_tests::{Client, Server};
use serde_json::{Value, json};

fn stocked(server: &Server, sku: &str, pieces: u32) -> Client {
    let client = server.client();
    let product = json!({"sku": sku, "description": "A thing", "price": {"amount": "6.95", "currency": "GBP"}});
    let _ = client.post("/api/v1/products", &format!("product-{sku}"), &product).expect(201);
    let receipt = json!({"quantity": pieces});
    let _ = client.post(&format!("/api/v1/stock/{sku}/receipts"), &format!("receipt-{sku}"), &receipt).expect(200);
    client
}

fn order(sku: &str, quantity: u32, token: &str) -> Value {
    json!({"currency": "GBP", "lines": [{"sku": sku, "quantity": quantity}], "payment": {"token": token}})
}

fn id(answer: &Value) -> &str {
    answer["id"].as_str().expect("an id")
}

#[test]
fn an_order_is_placed_confirmed_shipped_and_delivered() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    let client = stocked(&server, "85048", 100);
    let placed = client.post("/api/v1/orders", "mine", &order("85048", 12, "tok_approve")).expect(201);
    let body = placed.json();
    assert_eq!(
        (&body["status"], &body["fulfilment"], &body["payment"]),
        (&json!("placed"), &json!("none"), &json!("none"))
    );
    assert_eq!(body["total"], json!({"amount": "83.40", "currency": "GBP"}));
    let again = client.post("/api/v1/orders", "mine", &order("85048", 12, "tok_approve")).expect(201);
    assert_eq!((&again.body, &again.headers["etag"]), (&placed.body, &placed.headers["etag"]), "the same answer");

    let path = format!("/api/v1/orders/{}", id(&body));
    let own_write = client.get_with(&path, &[("orderflow-after", &placed.headers["orderflow-position"])]).expect(200);
    assert_eq!(own_write.json()["number"], body["number"]);
    let confirmed = server.eventually(&path, |order| order["status"] == "confirmed");
    assert_eq!((&confirmed["fulfilment"], &confirmed["payment"]), (&json!("reserved"), &json!("authorized")));

    let shipments = server.eventually("/api/v1/shipments?status=requested", |list| list["items"] != json!([]));
    let shipment = format!("/api/v1/shipments/{}", id(&shipments["items"][0]));
    let dispatch = json!({"carrier": "By hand", "tracking": "1"});
    let _ = client.post(&format!("{shipment}/dispatch"), "d", &dispatch).expect(200);
    let _ = client.post(&format!("{shipment}/deliver"), "e", &json!({})).expect(200);
    let completed = server.eventually(&path, |order| order["status"] == "completed");
    assert_eq!((&completed["fulfilment"], &completed["payment"]), (&json!("delivered"), &json!("captured")));
    assert_eq!(completed["lines"][0]["shipped"], json!(12));

    let stock = client.get("/api/v1/stock/85048").expect(200).json();
    assert_eq!((&stock["on_hand"], &stock["reserved"], &stock["shipped"]), (&json!(88), &json!(0), &json!(12)));
    let timeline = client.get(&format!("{path}/timeline")).expect(200).json();
    let kinds: Vec<_> = timeline["items"].as_array().expect("a list").iter().map(|e| e["type"].as_str()).collect();
    for kind in ["order.placed.v1", "payment.captured.v1", "shipment.delivered.v1", "fulfilment.ended.v1"] {
        assert!(kinds.contains(&Some(kind)), "{kind} is in {kinds:?}");
    }
    let as_placed = client.get(&format!("{path}?as_of=1")).expect(200).json();
    assert_eq!((&as_placed["status"], &as_placed["total"]), (&json!("placed"), &completed["total"]));
    server.stop();
}

#[test]
fn what_cannot_be_fulfilled_is_undone_and_says_why() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    let client = stocked(&server, "A", 10);
    let place = |key: &str, quantity: u32, token: &str| {
        let placed = client.post("/api/v1/orders", key, &order("A", quantity, token)).expect(201).json();
        format!("/api/v1/orders/{}", id(&placed))
    };
    let cancelled = |path: &str| server.eventually(path, |order| order["status"] == "cancelled");

    let short = cancelled(&place("short", 11, "tok_approve"));
    assert_eq!(short["cancelled"]["code"], "out_of_stock", "{short}");
    assert_eq!(short["cancelled"]["short"], json!([{"sku": "A", "wanted": 11, "available": 10}]));
    let declined = cancelled(&place("declined", 1, "tok_decline"));
    assert_eq!((&declined["cancelled"]["code"], &declined["payment"]), (&json!("payment_declined"), &json!("failed")));
    let unknown = place("unknown", 1, "tok_unknown");
    let _ = server.eventually(&unknown, |order| order["status"] == "confirmed");
    let _ = client.post(&format!("{unknown}/cancel"), "cancel", &json!({})).expect(200);
    let voided = cancelled(&unknown);
    assert_eq!((&voided["fulfilment"], &voided["payment"]), (&json!("released"), &json!("voided")));
    let nothing_kept = |stock: &Value| stock["reserved"] == 0 && stock["on_hand"] == 10;
    let _ = server.eventually("/api/v1/stock/A", nothing_kept);
    // All three were cancelled, so nothing was sold.
    let _ = server.eventually("/api/v1/analytics/sales?by=product", |sales| sales["items"] == json!([]));
    server.stop();
}

#[test]
fn a_request_sent_by_many_at_once_is_carried_out_once() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Server::start(data.path());
    let client = stocked(&server, "A", 1000);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let send = || client.post("/api/v1/orders", "one", &order("A", 2, "tok_approve")).expect(201).body;
        let senders: Vec<_> = (0..16).map(|_| scope.spawn(send)).collect();
        senders.into_iter().map(|sender| sender.join().expect("it answers")).collect()
    });
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
    let _ = server.eventually("/api/v1/stock/A", |stock| stock["reserved"] == 2);
    assert_eq!(client.get("/api/v1/orders").expect(200).json()["items"].as_array().map(Vec::len), Some(1));
    let other = client.post("/api/v1/orders", "one", &order("A", 3, "tok_approve")).expect(422);
    assert_eq!(other.headers["content-type"], "application/problem+json");
    server.stop();
}
