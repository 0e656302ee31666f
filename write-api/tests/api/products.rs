use serde_json::json;

use crate::harness::Server;

fn lamp() -> serde_json::Value {
    json!({"sku": "85048", "description": "GLASS BALL LIGHTS", "price": {"amount": "6.95", "currency": "GBP"}})
}

#[tokio::test]
async fn a_product_is_listed() {
    let server = Server::new();
    let answer = server.send("POST", "/products", &[], &lamp().to_string()).await;
    answer.is(201, json!({"id": "85048", "version": 1, "events": ["product.listed.v1"]}));
    assert_eq!(answer.header("location"), "/api/v1/products/85048");
    assert_eq!(answer.header("etag"), "\"v1\"");
    assert_eq!(answer.header("orderflow-position"), "1");
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_product_is_listed_once() {
    let server = Server::new();
    server.send("POST", "/products", &[], &lamp().to_string()).await;
    let satisfied = server.send("POST", "/products", &[], &lamp().to_string()).await;
    satisfied.is(200, json!({"id": "85048", "version": 1, "events": []}));
    assert_eq!(satisfied.header("orderflow-position"), "1", "the position of the log's head");
    let mut dearer = lamp();
    dearer["price"]["amount"] = json!("7.00");
    let refused = server.send("POST", "/products", &[], &dearer.to_string()).await;
    refused.is_refused(409, "already-listed").is_problem(409, "conflict", "reload", &[]);
}

#[tokio::test]
async fn a_product_changes() {
    let server = Server::new();
    server.send("POST", "/products", &[], &lamp().to_string()).await;
    let described = server.send("PATCH", "/products/85048", &[], r#"{"description":"LIGHTS"}"#).await;
    described.is(200, json!({"id": "85048", "version": 2, "events": ["product.described.v1"]}));
    assert_eq!((described.header("etag"), described.header("orderflow-position")), ("\"v2\"", "2"));
    let price = r#"{"amount":"7.25","currency":"GBP"}"#;
    let repriced = server.send("POST", "/products/85048/price", &[], price).await;
    repriced.is(200, json!({"id": "85048", "version": 3, "events": ["product.price_changed.v1"]}));
    let again = server.send("POST", "/products/85048/price", &[], price).await;
    again.is(200, json!({"id": "85048", "version": 3, "events": []}));
    let discontinued = server.send("DELETE", "/products/85048", &[], "").await;
    discontinued.is(200, json!({"id": "85048", "version": 4, "events": ["product.discontinued.v1"]}));
    server.send("POST", "/products/85048/price", &[], price).await.is_refused(409, "discontinued");
    let relisted = server.send("POST", "/products/85048/relist", &[], "{}").await;
    relisted.is(200, json!({"id": "85048", "version": 5, "events": ["product.relisted.v1"]}));
}

#[tokio::test]
async fn a_product_that_is_not_listed_is_missing() {
    let server = Server::new();
    let description = r#"{"description":"LIGHTS"}"#;
    let missing = server.send("PATCH", "/products/85048", &[], description).await;
    missing.is_refused(404, "no-such-product").is_problem(404, "not_found", "fix", &[]);
    server.send("DELETE", "/products/85048", &[], "").await.is_refused(404, "no-such-product");
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let server = Server::new();
    let body = r#"{"sku":" 85048","description":7,"price":{"amount":"-1","currency":"pounds"}}"#;
    server.send("POST", "/products", &[], body).await.is_problem(
        422,
        "invalid_request",
        "fix",
        &[
            (
                "#/sku",
                "give a SKU: 1 to 64 characters (at most 190 bytes in UTF-8), without control characters, '@' or \
                 spaces around it",
            ),
            ("#/description", "give a text"),
            ("#/price/amount", "a price is not negative"),
            ("#/price/currency", "give a currency: three capital letters, as in ISO 4217"),
        ],
    );
    assert_eq!(server.log().await, []);
}

#[tokio::test]
async fn prices_are_texts_with_at_most_four_decimals() {
    let server = Server::new();
    let expected = "give an amount as a text with a decimal number, such as \"12.50\"";
    for (amount, detail) in [
        ("6.95", expected),
        ("\"6,95\"", expected),
        ("\"1e3\"", expected),
        ("\"\"", expected),
        ("\".5\"", expected),
        ("\"5.\"", expected),
        ("\"--5\"", expected),
        ("\"+5\"", expected),
        ("\"1_000\"", expected),
        ("\"٣\"", expected),
        ("[1]", expected),
        ("\"1.00001\"", "a unit price has at most four decimals"),
        ("\"-0.01\"", "a price is not negative"),
        ("\"1000000000.01\"", "a unit price is at most 1000000000"),
        ("\"0.00000000000000000000000000000000001\"", "has more decimals than any currency needs"),
        ("\"99999999999999999999999999999999\"", expected),
        ("null", "is missing: give an amount as a text with a decimal number, such as \"12.50\""),
    ] {
        let body = format!(r#"{{"amount":{amount},"currency":"GBP"}}"#);
        let answer = server.send("POST", "/products/85048/price", &[], &body).await;
        answer.is_problem(422, "invalid_request", "fix", &[("#/amount", detail)]);
    }
}

#[tokio::test]
async fn a_sku_may_hold_what_an_address_may_not() {
    let server = Server::new();
    for (index, (sku, path)) in
        [("A/B 1", "A%2FB%201"), ("50%", "50%25"), ("Ä?#", "%C3%84%3F%23"), ("..", "%2E%2E"), ("a+b", "a+b")]
            .into_iter()
            .enumerate()
    {
        let mut body = lamp();
        body["sku"] = json!(sku);
        let listed = server.send("POST", "/products", &[], &body.to_string()).await;
        assert_eq!(listed.id(), sku);
        let description = json!({"description": format!("number {index}")}).to_string();
        let described = server.send("PATCH", &format!("/products/{path}"), &[], &description).await;
        described.is(200, json!({"id": sku, "version": 2, "events": ["product.described.v1"]}));
    }
    let location = server.send("POST", "/products", &[], &lamp().to_string().replace("85048", "A/B 2 é")).await;
    assert_eq!(location.header("location"), "/api/v1/products/A%2FB%202%20%C3%A9");
}

#[tokio::test]
async fn a_path_that_names_no_sku_is_refused() {
    let server = Server::new();
    let long = "x".repeat(65);
    let wide = "%F0%9F%8E%84".repeat(64);
    for path in ["a%40b", "%20a", "a%0Ab", "a%00b", "a%FFb", &long, &wide] {
        let answer = server.send("PATCH", &format!("/products/{path}"), &[], r#"{"description":"x"}"#).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["action"]), (400, &json!("fix")), "{path}: {}", answer.body);
    }
}
