use std::sync::Arc;

use orderflow_commands::{Clock, Commands, Payments, SimulatedProvider};
use orderflow_engine::MemoryStore;
use orderflow_stores::AnyStore;
use orderflow_write_api::{Caller, Ids, WriteState, router};
use serde_json::Value;

fn description() -> Value {
    let store = AnyStore::from(MemoryStore::new());
    let commands = Commands::new(&store, 10);
    let clock = Clock::system();
    let payments = Payments::new(commands.clone(), Arc::new(SimulatedProvider), clock.clone());
    let state = WriteState { commands, payments, store, clock, ids: Ids::random(), caller: Caller::operator() };
    serde_json::to_value(router(state).1).unwrap()
}

#[test]
fn every_endpoint_is_described() {
    let api = description();
    let mut endpoints = Vec::new();
    for (path, operations) in api["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            endpoints.push(format!("{} {path}", method.to_uppercase()));
            assert!(operation["summary"].is_string(), "{method} {path}");
            let parameters = operation["parameters"].as_array().unwrap();
            for header in ["Idempotency-Key", "If-Match"] {
                assert!(parameters.iter().any(|parameter| parameter["name"] == header), "{header} of {method} {path}");
            }
            let responses = operation["responses"].as_object().unwrap();
            for status in ["400", "404", "409", "412", "422", "503"] {
                let content = &responses[status]["content"]["application/problem+json"];
                assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem", "{status} of {method} {path}");
            }
            let (_, success) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
            for header in ["ETag", "Orderflow-Position"] {
                assert!(success["headers"][header].is_object(), "{header} of {method} {path}");
            }
        }
    }
    endpoints.sort_unstable();
    assert_eq!(
        endpoints,
        [
            "DELETE /api/v1/orders/{id}",
            "DELETE /api/v1/products/{sku}",
            "PATCH /api/v1/orders/{id}",
            "PATCH /api/v1/products/{sku}",
            "POST /api/v1/customers",
            "POST /api/v1/customers/{id}/activate",
            "POST /api/v1/customers/{id}/deactivate",
            "POST /api/v1/orders",
            "POST /api/v1/orders/{id}/cancel",
            "POST /api/v1/orders/{id}/confirm",
            "POST /api/v1/orders/{id}/hold",
            "POST /api/v1/orders/{id}/place",
            "POST /api/v1/orders/{id}/release",
            "POST /api/v1/payments/{id}/capture",
            "POST /api/v1/payments/{id}/void",
            "POST /api/v1/products",
            "POST /api/v1/products/{sku}/price",
            "POST /api/v1/products/{sku}/relist",
            "POST /api/v1/shipments/{id}/deliver",
            "POST /api/v1/shipments/{id}/dispatch",
            "POST /api/v1/shipments/{id}/fail",
            "POST /api/v1/shipments/{id}/pack",
            "POST /api/v1/stock/{sku}/adjustments",
            "POST /api/v1/stock/{sku}/receipts",
        ]
    );
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let api = description();
    let mut found = Vec::new();
    references(&api, &mut found);
    assert!(found.len() > 50, "there are references at all");
    for reference in found {
        assert!(api.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[test]
fn keys_are_required_where_twice_would_be_once_too_often() {
    let api = description();
    for (path, required) in [
        ("/api/v1/orders", true),
        ("/api/v1/stock/{sku}/receipts", true),
        ("/api/v1/stock/{sku}/adjustments", true),
        ("/api/v1/payments/{id}/capture", true),
        ("/api/v1/payments/{id}/void", true),
        ("/api/v1/products", false),
    ] {
        let parameters = api["paths"][path]["post"]["parameters"].as_array().unwrap();
        let key = parameters.iter().find(|parameter| parameter["name"] == "Idempotency-Key").unwrap();
        assert_eq!((&key["in"], &key["required"]), (&"header".into(), &required.into()), "{path}");
    }
    let description = api["components"]["schemas"]["Order"]["description"].as_str().unwrap();
    for name in ["Pending", "InventoryConfirmed", "Paid", "Processing"] {
        assert!(description.contains(name), "{name}");
    }
}
