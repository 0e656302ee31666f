use std::collections::BTreeSet;

use orderflow_engine::MemoryStore;
use orderflow_http::CursorKey;
use orderflow_read_api::{ReadState, router};
use orderflow_stores::AnyStore;
use serde_json::Value;

use crate::home::Home;

fn document() -> Value {
    let log = AnyStore::from(MemoryStore::new()).reader();
    let (_, document) = router(ReadState::new(Home::file().views(), log, None, CursorKey::random()));
    let served = serde_json::to_value(document).unwrap();
    assert_eq!(served, serde_json::to_value(orderflow_read_api::document()).unwrap());
    served
}

#[test]
fn every_endpoint_is_described() {
    let document = document();
    let paths: BTreeSet<_> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let expected = BTreeSet::from([
        "/api/v1/admin/processes",
        "/api/v1/admin/processes/{id}",
        "/api/v1/admin/streams/{name}",
        "/api/v1/analytics/funnel",
        "/api/v1/analytics/sales",
        "/api/v1/analytics/top-products",
        "/api/v1/customers/{id}/orders",
        "/api/v1/orders",
        "/api/v1/orders/{id}",
        "/api/v1/orders/{id}/timeline",
        "/api/v1/products",
        "/api/v1/products/{sku}",
        "/api/v1/shipments",
        "/api/v1/shipments/{id}",
        "/api/v1/stock",
        "/api/v1/stock/{sku}",
    ]);
    assert_eq!(paths, expected);
    for (path, item) in document["paths"].as_object().unwrap() {
        let responses = item["get"]["responses"].as_object().unwrap();
        for status in ["200", "400", "503"] {
            assert!(responses.contains_key(status), "{path} {status}");
        }
        let parameters = item["get"]["parameters"].as_array().unwrap();
        assert!(parameters.iter().any(|parameter| parameter["name"] == "Orderflow-After"), "{path}");
        assert!(responses["200"]["headers"].get("Orderflow-Position").is_some(), "{path}");
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{path} {status}");
        }
    }
}

#[test]
fn the_order_says_what_its_statuses_mean() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let summary = &schemas["OrderSummary"];
    let description = summary["description"].as_str().unwrap();
    for name in ["Pending", "InventoryConfirmed", "Paid", "Processing"] {
        assert!(description.contains(name), "{description}");
    }
    let statuses = summary["properties"]["status"]["enum"].as_array().unwrap();
    assert_eq!(statuses.len(), 5, "{statuses:?}");
    assert!(schemas["Order"].to_string().contains("#/components/schemas/OrderSummary"), "{}", schemas["Order"]);
}

/// Every reference leads somewhere.
#[test]
fn nothing_is_left_open() {
    let document = document();
    let mut open = vec![&document];
    let mut references = 0;
    while let Some(value) = open.pop() {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
            references += 1;
        }
        match value {
            Value::Object(members) => open.extend(members.values()),
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    assert!(references > 20);
}
