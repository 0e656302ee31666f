//! Orders that no rule could accept, and what their callers are told.

use serde_json::{Value, json};

use crate::harness::{Answer, Server, order};

const QUANTITY: &str = "give a whole number from 1 to 1000000";

async fn catalogue() -> Server {
    let server = Server::new();
    server.list("85048", "2.95").await;
    server
}

async fn place(server: &Server, change: impl FnOnce(&mut Value)) -> Answer {
    let mut body = order(&[("85048", 1)]);
    change(&mut body);
    let before = server.log().await.len();
    let answer = server.post("/orders", body).await;
    assert_eq!(server.log().await.len(), before, "nothing is written: {}", answer.body);
    answer
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once() {
    let server = catalogue().await;
    let answer = place(&server, |body| {
        *body = json!({
            "customer_id": "13085", "placed_at": "yesterday", "country": " ", "reference": 489434, "draft": "no",
            "lines": [
                {"sku": "85048"},
                {"sku": "85048", "quantity": 0},
                {"sku": "", "quantity": -1, "unit_price": {"amount": "-0.01", "currency": "gbp"}},
                {"quantity": "12", "unit_price": {"amount": "1.00001"}},
            ],
        });
    })
    .await;
    let sku = "give a SKU: 1 to 64 characters (at most 190 bytes in UTF-8), without control characters, '@' or spaces \
               around it";
    let missing_sku = format!("is missing: {sku}");
    answer.is_problem(
        422,
        "invalid_request",
        "fix",
        &[
            ("#/customer_id", "give a customer's id, which is a UUID"),
            ("#/currency", "is missing: give a currency: three capital letters, as in ISO 4217"),
            ("#/draft", "give true or false"),
            ("#/lines/0/quantity", "is missing: give a whole number from 1 to 1000000"),
            ("#/lines/1/quantity", QUANTITY),
            ("#/lines/2/sku", sku),
            ("#/lines/2/quantity", QUANTITY),
            ("#/lines/2/unit_price/amount", "a price is not negative"),
            ("#/lines/2/unit_price/currency", "give a currency: three capital letters, as in ISO 4217"),
            ("#/lines/3/sku", &missing_sku),
            ("#/lines/3/quantity", QUANTITY),
            ("#/lines/3/unit_price/amount", "a unit price has at most four decimals"),
            ("#/lines/3/unit_price/currency", "is missing: give a currency: three capital letters, as in ISO 4217"),
            ("#/payment", "is missing: give a token for the payment provider"),
            ("#/placed_at", "give a time as in RFC 3339, such as 2009-12-01T07:45:00Z"),
            ("#/country", "give a country: 1 to 64 characters, without control characters or spaces around it"),
            ("#/reference", "give a text"),
        ],
    );
    assert_eq!(answer.json()["detail"], "17 fields are wrong: the errors name each of them");
}

#[tokio::test]
async fn one_wrong_field_is_the_detail() {
    let server = catalogue().await;
    let answer = place(&server, |body| body["lines"][0]["quantity"] = json!(0)).await;
    answer.is_problem(422, "invalid_request", "fix", &[("#/lines/0/quantity", QUANTITY)]);
    assert_eq!(answer.json()["detail"], format!("#/lines/0/quantity: {QUANTITY}"));
}

#[tokio::test]
async fn an_order_has_a_line() {
    let server = catalogue().await;
    let empty = place(&server, |body| body["lines"] = json!([])).await;
    let detail = "is empty: an order needs at least one line";
    empty.is_problem(422, "invalid_request", "fix", &[("#/lines", detail)]);
    let missing = place(&server, |body| body["lines"] = json!(null)).await;
    let detail = "is missing: an order needs at least one line";
    missing.is_problem(422, "invalid_request", "fix", &[("#/lines", detail)]);
}

#[tokio::test]
async fn an_order_has_at_most_a_thousand_lines() {
    let server = catalogue().await;
    let lines = |count: usize| json!(vec![json!({"sku": "85048", "quantity": 1}); count]);
    let answer = place(&server, |body| body["lines"] = lines(10_000)).await;
    let detail = "has 10000 entries: an order has at most 1000 lines, so split it";
    answer.is_problem(422, "invalid_request", "fix", &[("#/lines", detail)]);
    let mut body = order(&[]);
    body["lines"] = lines(1000);
    let answer = server.post("/orders", body).await;
    assert_eq!(answer.json()["total"], json!({"amount": "2950.00", "currency": "GBP"}));
}

#[tokio::test]
async fn an_order_names_products_that_can_be_ordered() {
    let server = catalogue().await;
    server.list("22041", "1.00").await;
    server.send("DELETE", "/products/22041", &[], "").await;
    let answer = place(&server, |body| {
        body["lines"] = json!([
            {"sku": "85048", "quantity": 1}, {"sku": "22041", "quantity": 1}, {"sku": "85048", "quantity": 1},
            {"sku": "nothing", "quantity": 1, "unit_price": {"amount": "1", "currency": "GBP"}},
        ]);
    })
    .await;
    answer.is_problem(
        422,
        "invalid_request",
        "fix",
        &[
            ("#/lines/1/sku", "'22041' is discontinued and cannot be ordered"),
            ("#/lines/3/sku", "'nothing' is not in the catalogue"),
        ],
    );
}

#[tokio::test]
async fn an_order_has_one_currency() {
    let server = catalogue().await;
    let body = json!({"sku": "EU-1", "description": "x", "price": {"amount": "1.00", "currency": "EUR"}});
    server.post("/products", body).await;
    let answer = place(&server, |body| {
        body["lines"] = json!([
            {"sku": "85048", "quantity": 1, "unit_price": {"amount": "1.00", "currency": "USD"}},
            {"sku": "85048", "quantity": 1},
            {"sku": "EU-1", "quantity": 1},
        ]);
    })
    .await;
    answer.is_problem(
        422,
        "invalid_request",
        "fix",
        &[
            ("#/lines/0/unit_price/currency", "is priced in USD, but the order is in GBP: use one currency"),
            ("#/lines/2/sku", "is priced in EUR, but the order is in GBP: use one currency"),
        ],
    );
}

#[tokio::test]
async fn an_order_is_for_a_customer_who_may_order() {
    let server = catalogue().await;
    let nobody = "00000000-0000-0000-0000-000000000001";
    let answer = place(&server, |body| body["customer_id"] = json!(nobody)).await;
    let detail = "there is no such customer: register it first";
    answer.is_problem(422, "invalid_request", "fix", &[("#/customer_id", detail)]);
    let customer = server.post("/customers", json!({})).await.id();
    server.send("POST", &format!("/customers/{customer}/deactivate"), &[], "").await;
    let answer = place(&server, |body| body["customer_id"] = json!(customer)).await;
    let detail = "the customer is deactivated and places no orders";
    answer.is_problem(422, "invalid_request", "fix", &[("#/customer_id", detail)]);
}

#[tokio::test]
async fn an_order_is_not_of_tomorrow() {
    let server = catalogue().await;
    let answer = place(&server, |body| body["placed_at"] = json!("2010-12-01T10:00:01Z")).await;
    let detail = "is in the future: give the time at which the order was placed";
    answer.is_problem(422, "invalid_request", "fix", &[("#/placed_at", detail)]);
}

#[tokio::test]
async fn prices_and_times_are_a_privilege() {
    let server = catalogue().await;
    let ordinary = server.ordinary();
    let answer = place(&ordinary, |body| {
        body["placed_at"] = json!("2009-12-01T07:45:00Z");
        body["country"] = json!("France");
        body["lines"][0]["unit_price"] = json!({"amount": "0.01", "currency": "GBP"});
    })
    .await;
    let detail = "is not yours to name: leave it out";
    let errors = [("#/placed_at", detail), ("#/country", detail), ("#/lines/0/unit_price", detail)];
    answer.is_problem(403, "forbidden", "stop", &errors);
    let plain = ordinary.post("/orders", order(&[("85048", 2)])).await;
    assert_eq!(plain.json()["total"], json!({"amount": "5.90", "currency": "GBP"}), "the price of the catalogue");
    let id = ordinary.draft("85048", 1).await;
    let cheap = json!({"add": [{"sku": "85048", "quantity": 1, "unit_price": {"amount": "0", "currency": "GBP"}}]});
    let answer = ordinary.send("PATCH", &format!("/orders/{id}"), &[], &cheap.to_string()).await;
    answer.is_problem(403, "forbidden", "stop", &[("#/add/0/unit_price", detail)]);
}

#[tokio::test]
async fn an_order_does_not_come_to_too_much() {
    let server = catalogue().await;
    let answer = place(&server, |body| {
        let price = json!({"amount": "1000000000", "currency": "GBP"});
        body["lines"] = json!([{"sku": "85048", "quantity": 1_000_000, "unit_price": price}]);
    })
    .await;
    answer.is_refused(422, "total-too-large").is_problem(422, "rejected", "fix", &[]);
}
