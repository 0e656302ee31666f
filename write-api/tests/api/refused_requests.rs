//! Requests that are refused before anyone looks at what they want.

use serde_json::json;

use crate::harness::{Answer, Server, order};

async fn place(server: &Server, body: &str) -> Answer {
    server.send("POST", "/orders", &[("Idempotency-Key", "a")], body).await
}

#[tokio::test]
async fn malformed_json() {
    let server = Server::new();
    for (body, detail) in [
        (r#"{"currency":"GBP""#, "EOF while parsing an object, at line 1 column 17"),
        ("{'currency':'GBP'}", "key must be a string, at line 1 column 2"),
        (r#"{"currency":"GBP"} {}"#, "something follows the JSON value, at line 1 column 20"),
        (" ", "the body is empty: send a JSON value"),
        (
            r#"{"currency":"GBP","reference":"\ud800"}"#,
            "a \\u escape is half of a surrogate pair: send both halves, or the character itself, at line 1 column 38",
        ),
        (
            r#"{"currency":"GBP","reference":"\ud800x"}"#,
            "a \\u escape is half of a surrogate pair: send both halves, or the character itself, at line 1 column 38",
        ),
    ] {
        let answer = place(&server, body).await;
        answer.is_problem(400, "malformed_json", "fix", &[]);
        assert_eq!(answer.json()["detail"], detail, "{body}");
    }
    assert_eq!(server.log().await, []);
}

#[tokio::test]
async fn characters_that_no_store_keeps() {
    let server = Server::new();
    server.list("85048", "2.95").await;
    let nul = order(&[("85048", 1)]).to_string().replace("tok_approve", "tok\\u0000");
    let detail = "leave out the character U+0000";
    place(&server, &nul).await.is_problem(422, "invalid_request", "fix", &[("#/payment/token", detail)]);
    let bell = order(&[("85048", 1)]).to_string().replace("tok_approve", "tok\\u0007");
    let detail = "has a control character: leave it out";
    place(&server, &bell).await.is_problem(422, "invalid_request", "fix", &[("#/payment/token", detail)]);
    let pair = order(&[("85048", 1)]).to_string().replace("tok_approve", "tok\\ud83c\\udf84");
    assert_eq!(place(&server, &pair).await.status, 201, "a whole surrogate pair is a character");
}

#[tokio::test]
async fn unknown_and_repeated_fields() {
    let server = Server::new();
    for (path, body, pointer) in [
        ("/orders", r#"{"currency":"GBP","colour":"red"}"#, "#/colour"),
        ("/orders", r#"{"lines":[{"sku":"85048","quantity":1,"price":"1.00"}]}"#, "#/lines/0/price"),
        (
            "/orders",
            r#"{"lines":[{"unit_price":{"amount":"1","currency":"GBP","tax":1}}]}"#,
            "#/lines/0/unit_price/tax",
        ),
        ("/orders", r#"{"payment":{"token":"tok_approve","card":"4242"}}"#, "#/payment/card"),
        ("/orders", r#"{"currency":"GBP","currency":"EUR"}"#, "#/currency"),
        ("/orders", r#"{"lines":{"sku":"85048"}}"#, "#/lines"),
        ("/orders", r#"{"lines":["85048"]}"#, "#/lines/0"),
        ("/orders", "[]", "#"),
        ("/products", r#"{"name":"x"}"#, "#/name"),
        ("/customers", r#"{"email":"a@example.com"}"#, "#/email"),
        ("/stock/85048/receipts", r#"{"pieces":1}"#, "#/pieces"),
        ("/stock/85048/adjustments", r#"{"pieces":1}"#, "#/pieces"),
        ("/shipments/00000000-0000-0000-0000-000000000001/dispatch", r#"{"by":"x"}"#, "#/by"),
        ("/orders/00000000-0000-0000-0000-000000000001/hold", r#"{"why":"x"}"#, "#/why"),
        ("/orders/00000000-0000-0000-0000-000000000001/cancel", r#"{"why":"x"}"#, "#/why"),
    ] {
        let answer = server.send("POST", path, &[("Idempotency-Key", "a")], body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.body);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{body}: {}", answer.body);
    }
    assert_eq!(server.log().await, []);
}

#[tokio::test]
async fn a_body_where_none_is_taken() {
    let server = Server::new();
    let path = "/orders/00000000-0000-0000-0000-000000000001/confirm";
    for body in [r#"{"reason":"x"}"#, "[]", "null", "{", "x"] {
        server.send("POST", path, &[], body).await.is_problem(422, "invalid_request", "fix", &[]);
    }
    for body in ["", "{}", " { } "] {
        server.send("POST", path, &[], body).await.is_refused(404, "no-such-order");
    }
}

#[tokio::test]
async fn headers_that_cannot_be_read() {
    let server = Server::new();
    let body = order(&[("85048", 1)]).to_string();
    for headers in [
        [("Idempotency-Key", "\"open"), ("X-Nothing", "")],
        [("Idempotency-Key", ""), ("X-Nothing", "")],
        [("Idempotency-Key", "a"), ("Idempotency-Key", "b")],
        [("Idempotency-Key", "a"), ("If-Match", "W/\"v1\"")],
        [("Idempotency-Key", "a"), ("If-Match", "v1")],
    ] {
        let answer = server.send("POST", "/orders", &headers, &body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["action"]), (400, &json!("fix")), "{headers:?}");
    }
    let answer = server.send("POST", "/orders", &[], &body).await;
    answer.is_problem(400, "idempotency_key_missing", "fix", &[]);
}

#[tokio::test]
async fn addresses_and_methods_that_are_none() {
    let server = Server::new();
    server.send("POST", "/carts", &[], "{}").await.is_problem(404, "not_found", "fix", &[]);
    let answer = server.send("GET", "/orders/00000000-0000-0000-0000-000000000001", &[], "").await;
    answer.is_problem(405, "method_not_allowed", "fix", &[]);
    let answer = server.send("POST", "/orders/489434/cancel", &[], "").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["action"]), (400, &json!("fix")), "{}", answer.body);
}
