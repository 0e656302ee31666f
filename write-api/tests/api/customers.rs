use serde_json::json;

use crate::harness::Server;

#[tokio::test]
async fn a_customer_comes_and_goes() {
    let server = Server::new();
    let registered = server.post("/customers", json!({"reference": "13085", "country": "France"})).await;
    let id = registered.id();
    registered.is(201, json!({"id": id, "version": 1, "events": ["customer.registered.v1"]}));
    assert_eq!(registered.header("location"), format!("/api/v1/customers/{id}"));
    let deactivated = server.send("POST", &format!("/customers/{id}/deactivate"), &[], "").await;
    deactivated.is(200, json!({"id": id, "version": 2, "events": ["customer.deactivated.v1"]}));
    let activated = server.send("POST", &format!("/customers/{id}/activate"), &[], "").await;
    activated.is(200, json!({"id": id, "version": 3, "events": ["customer.activated.v1"]}));
}

#[tokio::test]
async fn two_customers_are_two_even_without_a_key() {
    let server = Server::new();
    let first = server.send("POST", "/customers", &[], "{}").await;
    let second = server.send("POST", "/customers", &[], "{}").await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201));
    assert_ne!(first.id(), second.id());
}

#[tokio::test]
async fn a_customer_that_is_not_there_is_missing() {
    let server = Server::new();
    let nobody = "/customers/00000000-0000-0000-0000-000000000001/activate";
    server.send("POST", nobody, &[], "").await.is_refused(404, "no-such-customer");
    let no_id = server.send("POST", "/customers/13085/activate", &[], "").await;
    assert_eq!((no_id.status.as_u16(), &no_id.json()["action"]), (400, &json!("fix")));
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let server = Server::new();
    let long = "x".repeat(201);
    let answer = server.post("/customers", json!({"reference": long, "country": ""})).await;
    let country = "give a country: 1 to 64 characters, without control characters or spaces around it";
    let errors = [("#/reference", "is too long: give at most 200 characters"), ("#/country", country)];
    answer.is_problem(422, "invalid_request", "fix", &errors);
}
