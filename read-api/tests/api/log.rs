use orderflow_core::{
    Currency, Quantity,
    fulfilment::{self, FulfilmentEvent},
    order::{self, OrderEvent},
    payment::{self, PaymentEvent},
    shipment::{self, ShipmentEvent, ShipmentLine},
    stock::{self, StockEvent},
};
use orderflow_engine::{StreamName, Tenant};
use serde_json::{Value, json};

use crate::world::{NewOrder, World, at, order_id};

async fn story(world: &World) {
    let id = world.place(1, NewOrder::new(0)).await;
    world.place(2, NewOrder::new(0)).await;
    let started = FulfilmentEvent::Started(fulfilment::Started {
        order: id,
        lines: vec![],
        total: "83.40".parse().unwrap(),
        currency: Currency::GBP,
        payment_token: "tok_approve".to_owned(),
        expires_at: at(15),
    });
    world.append(fulfilment::CATEGORY, id, at(1), [started]).await;
    let requested = PaymentEvent::Requested(payment::Requested {
        order: id,
        amount: "83.40".parse().unwrap(),
        currency: Currency::GBP,
        token: "tok_approve".to_owned(),
    });
    world.append(payment::CATEGORY, id.payment(), at(2), [requested]).await;
    world.append(order::CATEGORY, id, at(3), [OrderEvent::StockConfirmed(order::StockConfirmed {})]).await;
    for n in [1, 2] {
        let line = ShipmentLine { line: 1, sku: "85048".parse().unwrap(), quantity: Quantity::new(1).unwrap() };
        let shipped = ShipmentEvent::Requested(shipment::Requested { order: id, lines: vec![line] });
        world.append(shipment::CATEGORY, id.shipment(n), at(4), [shipped]).await;
    }
    world.append(payment::CATEGORY, id.payment(), at(5), [PaymentEvent::Voided(payment::Voided {})]).await;
}

#[tokio::test]
async fn a_timeline_merges_all_that_belongs_to_the_order() {
    let world = World::new().await;
    story(&world).await;
    let id = order_id(1);
    let path = format!("/orders/{id}/timeline");
    let timeline = world.get(&path).await.ok();
    let kinds: Vec<_> =
        timeline["items"].as_array().unwrap().iter().map(|entry| entry["type"].as_str().unwrap()).collect();
    let expected = [
        "order.placed.v1",
        "fulfilment.started.v1",
        "payment.requested.v1",
        "order.stock_confirmed.v1",
        "shipment.requested.v1",
        "shipment.requested.v1",
        "payment.voided.v1",
    ];
    assert_eq!(kinds, expected);
    let positions: Vec<_> = timeline["items"].as_array().unwrap().iter().map(|entry| &entry["position"]).collect();
    assert_eq!(positions, [1, 3, 4, 5, 6, 7, 8]);
    let entry = &timeline["items"][3];
    assert_eq!(entry["command"], entry["correlation"]);
    let expected = json!({
        "position": 5, "stream": format!("order-{id}"), "version": 2, "type": "order.stock_confirmed.v1",
        "time": "2009-12-01T00:03:00Z", "actor": "tester", "command": entry["command"],
        "correlation": entry["command"], "causation": null, "data": {},
    });
    assert_eq!(*entry, expected);
    assert_eq!(world.walk(&path, 2).await, *timeline["items"].as_array().unwrap());
}

#[tokio::test]
async fn a_stream_is_shown_as_it_is() {
    let world = World::new().await;
    let received = |n| StockEvent::Received(stock::Received { quantity: Quantity::new(n).unwrap() });
    world.append(stock::CATEGORY, "A 1", at(0), (1..=7).map(received)).await;
    let acme = StreamName::new(&Tenant::new("acme").unwrap(), stock::CATEGORY, "A 1");
    world.append_to(acme, at(0), [received(1)]).await;

    let page = world.get("/admin/streams/stock-A%201?after=5").await;
    assert_eq!(page.header("orderflow-position"), "8");
    let page = page.ok();
    let events = page["items"].as_array().unwrap();
    assert_eq!(events.len(), 2);
    let expected = json!({
        "position": 6, "stream": "stock-A 1", "version": 6, "type": "stock.received.v1",
        "time": "2009-12-01T00:00:00Z", "metadata": events[0]["metadata"], "data": {"quantity": 6},
    });
    assert_eq!(events[0], expected);
    assert_eq!(events[0]["metadata"]["actor"], "tester");
    let quantities: Vec<Value> =
        world.walk("/admin/streams/stock-A%201", 3).await.into_iter().map(|e| e["data"]["quantity"].clone()).collect();
    assert_eq!(quantities, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(world.get("/admin/streams/stock-A%201?after=7").await.ok()["items"], json!([]));

    for missing in ["stock-B", "stock-A%201%40acme"] {
        world.get(&format!("/admin/streams/{missing}")).await.problem(404, "not_found");
    }
    for invalid in ["stock", "stock-A%40default", "Stock-1"] {
        world.get(&format!("/admin/streams/{invalid}")).await.problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn processes_are_listed_by_status() {
    let world = World::new().await;
    story(&world).await;
    for n in 10..16 {
        let parked = FulfilmentEvent::Parked(fulfilment::Parked { reason: format!("reason {n}") });
        world.append(fulfilment::CATEGORY, order_id(n), at(100 - n as i64), [parked]).await;
    }
    world.project().await;
    let parked = world.walk("/admin/processes?status=parked", 4).await;
    let reasons: Vec<_> = parked.iter().map(|process| process["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["reason 15", "reason 14", "reason 13", "reason 12", "reason 11", "reason 10"]);
    let all = world.walk("/admin/processes", 2).await;
    assert_eq!(all.len(), 7);
    let one = world.get(&format!("/admin/processes/{}", order_id(1))).await.ok();
    let expected = json!({
        "id": order_id(1), "process": "fulfilment", "status": "running", "step": "reserve_stock", "reason": null,
        "deadline": "2009-12-01T00:01:30Z", "started_at": "2009-12-01T00:01:00Z",
        "updated_at": "2009-12-01T00:01:00Z", "version": 1,
    });
    assert_eq!(one, expected);
    assert_eq!(all[0], one);
    world.get(&format!("/admin/processes/{}", order_id(77))).await.problem(404, "not_found");
}
