use orderflow_core::{
    Currency, OrderId, Quantity, UnitPrice, product, shipment,
    shipment::{ShipmentEvent, ShipmentLine},
    stock::{self, StockEvent},
};
use orderflow_engine::{StreamName, Tenant};
use serde_json::{Value, json};

use crate::world::{World, at, order_id};

fn listed(description: &str, price: &str) -> product::ProductEvent {
    product::ProductEvent::Listed(product::Listed {
        sku: "85048".parse().unwrap(),
        description: description.to_owned(),
        price: UnitPrice::new(price.parse().unwrap()).unwrap(),
        currency: Currency::GBP,
    })
}

#[tokio::test]
async fn the_catalogue() {
    let world = World::new().await;
    for n in 0..12 {
        world.append(product::CATEGORY, format!("A{n:02}"), at(n), [listed("A lamp", "6.9500")]).await;
    }
    let gone = product::ProductEvent::Discontinued(product::Discontinued {});
    world.append(product::CATEGORY, "A03", at(50), [gone]).await;
    // Another tenant's products are none of ours.
    let acme = Tenant::new("acme").unwrap();
    world.append_to(StreamName::new(&acme, product::CATEGORY, "A00"), at(0), [listed("Theirs", "1.00")]).await;
    world.append_to(StreamName::new(&acme, product::CATEGORY, "Z99"), at(0), [listed("Theirs", "1.00")]).await;
    world.project().await;

    let one = world.get("/products/A03").await;
    assert_eq!(one.header("etag"), "\"v2\"");
    let expected = json!({
        "sku": "A03", "description": "A lamp", "price": {"amount": "6.9500", "currency": "GBP"},
        "status": "discontinued", "updated_at": "2009-12-01T00:50:00Z", "version": 2,
    });
    assert_eq!(one.ok(), expected);
    assert_eq!(world.get_with("/products/A03", &[("if-none-match", "\"v2\"")]).await.status, 304);
    world.get("/products/Z99").await.problem(404, "not_found");
    world.get("/products/a%40b").await.problem(400, "invalid_parameter");

    let all = world.walk("/products", 5).await;
    assert_eq!(all.len(), 12);
    assert!(all.iter().map(|product| product["sku"].as_str().unwrap()).is_sorted_by(|a, b| a < b));
    assert!(all.iter().all(|product| product["description"] == "A lamp"));
}

#[tokio::test]
async fn stock_is_what_is_on_hand_and_what_of_it_is_promised() {
    let world = World::new().await;
    let pieces = |n| Quantity::new(n).unwrap();
    let events = [
        StockEvent::Received(stock::Received { quantity: pieces(100) }),
        StockEvent::Reserved(stock::Reserved { order: order_id(1), quantity: pieces(30), until: at(15) }),
        StockEvent::Shipped(stock::Shipped {
            order: order_id(1),
            shipment: order_id(1).shipment(1),
            quantity: pieces(10),
        }),
    ];
    world.append(stock::CATEGORY, "85048", at(0), events).await;
    world
        .append(stock::CATEGORY, "X/1 é", at(0), [StockEvent::Received(stock::Received { quantity: pieces(1) })])
        .await;
    world.project().await;
    let expected = json!({"sku": "85048", "on_hand": 90, "reserved": 20, "available": 70, "shipped": 10, "version": 3});
    assert_eq!(world.get("/stock/85048").await.ok(), expected);
    assert_eq!(world.get("/stock/X%2F1%20%C3%A9").await.ok()["on_hand"], 1);
    assert_eq!(world.walk("/stock", 1).await.len(), 2);
    world.get("/stock/none").await.problem(404, "not_found");
}

fn requested(order: OrderId) -> ShipmentEvent {
    let line = ShipmentLine { line: 1, sku: "85048".parse().unwrap(), quantity: Quantity::new(2).unwrap() };
    ShipmentEvent::Requested(shipment::Requested { order, lines: vec![line] })
}

#[tokio::test]
async fn shipments_are_oldest_first_whatever_their_status() {
    let world = World::new().await;
    for n in 0..30 {
        let order = order_id(n);
        let shipment = order.shipment(1);
        // Requested in another order than that of their ids.
        world.append(shipment::CATEGORY, shipment, at((n as i64 * 7) % 30), [requested(order)]).await;
        let dispatched = ShipmentEvent::Dispatched(shipment::Dispatched {
            order,
            carrier: "Royal Mail".to_owned(),
            tracking: Some(format!("RM{n}")),
        });
        if n % 3 == 0 {
            world.append(shipment::CATEGORY, shipment, at(60), [dispatched]).await;
        }
    }
    let never = order_id(99).shipment(1);
    let withdrawn = ShipmentEvent::Withdrawn(shipment::Withdrawn { order: order_id(99) });
    world.append(shipment::CATEGORY, never, at(70), [withdrawn]).await;
    world.project().await;

    let waiting = world.walk("/shipments?status=requested", 6).await;
    assert_eq!(waiting.len(), 20);
    assert!(waiting.iter().map(|s| s["requested_at"].as_str().unwrap()).is_sorted());
    let all = world.walk("/shipments", 4).await;
    assert_eq!(all.len(), 31);
    assert_eq!(all, world.walk("/shipments", 1000).await);
    assert!(all[1..].iter().map(|s| s["requested_at"].as_str().unwrap()).is_sorted());
    assert_eq!(all[0]["requested_at"], Value::Null);

    let of_order = world.walk(&format!("/shipments?order={}", order_id(3)), 5).await;
    assert_eq!(of_order.len(), 1);
    let one = world.get(&format!("/shipments/{}", order_id(3).shipment(1))).await;
    assert_eq!(one.header("etag"), "\"v2\"");
    let one = one.ok();
    assert_eq!(one, of_order[0]);
    let expected = json!({
        "id": order_id(3).shipment(1), "order_id": order_id(3), "status": "dispatched",
        "lines": [{"line": 1, "sku": "85048", "quantity": 2}], "carrier": "Royal Mail", "tracking": "RM3",
        "failure": null, "requested_at": "2009-12-01T00:21:00Z", "updated_at": "2009-12-01T01:00:00Z", "version": 2,
    });
    assert_eq!(one, expected);
    let never = world.get(&format!("/shipments/{never}")).await.ok();
    assert_eq!((&never["status"], &never["lines"]), (&json!("withdrawn"), &json!([])));
    world.get("/shipments?status=lost").await.problem(400, "invalid_parameter");
    let none = world.walk(&format!("/shipments?order={}&status=packed", order_id(3)), 5).await;
    assert!(none.is_empty());
}
