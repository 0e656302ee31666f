use orderflow_core::{
    CustomerId, Quantity,
    order::{self, CancelReason, FulfilmentStatus, OrderEvent, PaymentStatus},
};
use orderflow_engine::{Slice, StreamName, Tenant};
use serde_json::json;
use uuid::Uuid;

use crate::{
    home::Home,
    world::{NewOrder, World, at, line, order_id},
};

/// Placed with two lines, half shipped, on hold.
async fn busy_order(world: &World) -> orderflow_core::OrderId {
    let order = NewOrder {
        customer: Some(CustomerId(Uuid::from_u128(7))),
        reference: Some("489434".to_owned()),
        lines: vec![line(1, "85048", 12, "6.95"), line(2, "79323P", 3, "2.1")],
        ..NewOrder::new(465)
    };
    let id = world.place(1, order).await;
    let confirmed = [
        OrderEvent::StockConfirmed(order::StockConfirmed {}),
        OrderEvent::PaymentConfirmed(order::PaymentConfirmed {}),
        OrderEvent::Confirmed(order::Confirmed {}),
    ];
    world.append(order::CATEGORY, id, at(470), confirmed).await;
    let dispatched = OrderEvent::ShipmentDispatched(order::ShipmentDispatched {
        shipment: id.shipment(1),
        shipped: vec![12, 0],
        fulfilment: FulfilmentStatus::PartiallyShipped,
    });
    let captured = OrderEvent::PaymentCaptured(order::PaymentCaptured {});
    let held = OrderEvent::Held(order::Held { reason: "call the customer".to_owned() });
    world.append(order::CATEGORY, id, at(480), [dispatched, captured, held]).await;
    id
}

#[tokio::test]
async fn an_order_says_all_there_is_to_say() {
    let world = World::new().await;
    let id = busy_order(&world).await;
    let head = world.project().await;
    let reply = world.get(&format!("/orders/{id}")).await;
    assert_eq!(reply.header("etag"), "\"v7\"");
    assert_eq!(reply.header("orderflow-position"), head.to_string());
    assert_eq!(reply.header("content-type"), "application/json");
    let expected = json!({
        "id": id, "number": id.number(), "status": "confirmed", "fulfilment": "partially_shipped",
        "payment": "captured", "on_hold": true, "hold_reason": "call the customer", "currency": "GBP",
        "total": {"amount": "89.70", "currency": "GBP"}, "placed_at": "2009-12-01T07:45:00Z",
        "customer_id": Uuid::from_u128(7), "country": "United Kingdom", "reference": "489434", "cancelled": null,
        "updated_at": "2009-12-01T08:00:00Z", "version": 7,
        "lines": [
            {"line": 1, "sku": "85048", "description": "A \"85048\" é\n", "quantity": 12,
             "unit_price": {"amount": "6.95", "currency": "GBP"}, "total": {"amount": "83.40", "currency": "GBP"},
             "shipped": 12, "returned": 0},
            {"line": 2, "sku": "79323P", "description": "A \"79323P\" é\n", "quantity": 3,
             "unit_price": {"amount": "2.1", "currency": "GBP"}, "total": {"amount": "6.30", "currency": "GBP"},
             "shipped": 0, "returned": 0},
        ],
    });
    assert_eq!(reply.ok(), expected);
}

#[tokio::test]
async fn the_view_and_the_replay_tell_the_same() {
    let world = World::new().await;
    let id = busy_order(&world).await;
    world.project().await;
    let by_view = world.get(&format!("/orders/{id}")).await.ok();
    let by_replay = world.get(&format!("/orders/{id}?as_of=7")).await.ok();
    assert_eq!(by_view, by_replay);
}

#[tokio::test]
async fn an_order_can_be_seen_as_it_was() {
    let world = World::new().await;
    let id = busy_order(&world).await;
    // Nothing was projected: the log knows.
    let first = world.get(&format!("/orders/{id}?as_of=1")).await;
    assert_eq!(first.header("etag"), "\"v1\"");
    let first = first.ok();
    assert_eq!(
        (&first["status"], &first["fulfilment"], &first["version"]),
        (&json!("placed"), &json!("none"), &json!(1))
    );
    assert_eq!(first["lines"][0]["shipped"], 0);
    let by_time = world.get(&format!("/orders/{id}?as_of=2009-12-01T07:50:00Z")).await.ok();
    assert_eq!((&by_time["status"], &by_time["version"]), (&json!("confirmed"), &json!(4)));
    assert_eq!(by_time, world.get(&format!("/orders/{id}?as_of=4")).await.ok());
    let now = world.get(&format!("/orders/{id}?as_of=2030-01-01")).await.ok();
    assert_eq!(now["version"], 7);

    for then in ["0", "8", "2009-12-01T07:44:59Z", "18446744073709551615"] {
        world.get(&format!("/orders/{id}?as_of={then}")).await.problem(404, "not_found");
    }
    for never in ["", "yesterday", "99999999999999999999", "-1"] {
        world.get(&format!("/orders/{id}?as_of={never}")).await.problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn a_draft_has_the_lines_it_has_now() {
    let world = World::new().await;
    let id = order_id(5);
    let drafted = OrderEvent::Drafted(order::Drafted {
        customer: None,
        country: None,
        currency: orderflow_core::Currency::GBP,
        reference: None,
        payment_token: "tok_approve".to_owned(),
    });
    let added = |number| OrderEvent::LineAdded(order::LineAdded { line: line(number, "85048", 2, "1.25") });
    let removed = OrderEvent::LineRemoved(order::LineRemoved { line: 1 });
    world.append(order::CATEGORY, id, at(0), [drafted, added(1), added(2), removed]).await;
    world.project().await;
    // What comes later does not belong to the version that the view has.
    world.append(order::CATEGORY, id, at(1), [added(3)]).await;
    let reply = world.get(&format!("/orders/{id}")).await;
    assert_eq!(reply.header("etag"), "\"v4\"");
    let draft = reply.ok();
    assert_eq!((&draft["status"], &draft["placed_at"]), (&json!("draft"), &json!(null)));
    assert_eq!(draft["total"], json!({"amount": "2.50", "currency": "GBP"}));
    assert_eq!(draft["lines"].as_array().unwrap().iter().map(|line| &line["line"]).collect::<Vec<_>>(), [&json!(2)]);
    assert!(world.get("/orders").await.ok()["items"].as_array().unwrap().is_empty(), "drafts are not among the orders");
    let listed = world.get("/orders?status=draft").await.ok()["items"][0].clone();
    assert_eq!((&listed["id"], &listed["total"]), (&json!(id), &json!(null)));
}

#[tokio::test]
async fn a_cancelled_order_says_why() {
    let world = World::new().await;
    let order = NewOrder::new(0);
    let cancelled = OrderEvent::Cancelled(order::Cancelled {
        reason: CancelReason::OutOfStock {
            short: vec![order::Shortage { sku: "85048".parse().unwrap(), wanted: 12, available: 5 }],
        },
        fulfilment: FulfilmentStatus::None,
        payment: PaymentStatus::None,
        placed: Some(Box::new(order.placed())),
    });
    let id = world.place(1, order).await;
    world.append(order::CATEGORY, id, at(1), [cancelled]).await;
    world.project().await;
    let document = world.get(&format!("/orders/{id}")).await.ok();
    assert_eq!(document["status"], "cancelled");
    let reason = json!({"code": "out_of_stock", "short": [{"sku": "85048", "wanted": 12, "available": 5}]});
    assert_eq!(document["cancelled"], reason);
    assert_eq!(document, world.get(&format!("/orders/{id}?as_of=2")).await.ok());
}

#[tokio::test]
async fn a_known_version_is_not_sent_again() {
    let world = World::new().await;
    let id = busy_order(&world).await;
    world.project().await;
    let path = format!("/orders/{id}");
    for known in ["\"v7\"", "W/\"v7\"", "\"v1\", \"v7\"", "*"] {
        let reply = world.get_with(&path, &[("if-none-match", known)]).await;
        assert_eq!((reply.status, reply.header("etag")), (304, "\"v7\""), "{known}");
    }
    assert_eq!(world.get_with(&path, &[("if-none-match", "\"v6\"")]).await.status, 200);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let world = World::new().await;
    world.place(1, NewOrder::new(0)).await;
    let head = world.project().await;
    let missing = world.get(&format!("/orders/{}", order_id(9))).await.problem(404, "not_found");
    assert_eq!(missing.header("orderflow-position"), head.to_string());
    world.get("/orders/9").await.problem(400, "invalid_parameter");
    world.get(&format!("/orders/{}?asof=1", order_id(1))).await.problem(400, "invalid_parameter");
    world.get(&format!("/orders/{}/timeline", order_id(9))).await.problem(404, "not_found");
}

/// An order whose lines are not where the order is: told from the log, not half and half.
#[tokio::test]
async fn views_that_are_not_in_step_are_not_mixed() {
    let world = World::new().await;
    let id = busy_order(&world).await;
    let head = world.project().await;
    let dispatched = OrderEvent::ShipmentDispatched(order::ShipmentDispatched {
        shipment: id.shipment(2),
        shipped: vec![12, Quantity::new(3).unwrap().get()],
        fulfilment: FulfilmentStatus::Shipped,
    });
    world.append(order::CATEGORY, id, at(500), [dispatched]).await;
    // The view of lines alone goes on.
    for side in &world.sides {
        let in_file = "UPDATE order_lines__g1 SET shipped = '[12,3]'; \
                       UPDATE projections SET position = position + 1 WHERE view = 'order_lines'";
        let on_server = "UPDATE orderflow_views.order_lines__g1 SET shipped = '[12,3]'; \
                         UPDATE orderflow_views.checkpoints SET position = position + 1 WHERE view = 'order_lines'";
        side.home.meddle(in_file, on_server).await;
    }
    let reply = world.get(&format!("/orders/{id}")).await;
    assert_eq!(reply.header("etag"), "\"v7\"");
    assert_eq!(reply.header("orderflow-position"), head.to_string());
    assert_eq!(reply.ok()["lines"][1]["shipped"], 0);
}

/// What counts is where the two views are with the slice that the order is in, and not how far they have come with all.
#[tokio::test]
async fn slices_of_views_are_not_mixed() {
    let world = World::only(Home::server()).await;
    let id = busy_order(&world).await;
    let head = world.project().await;
    let slice = Slice::of(&StreamName::new(&Tenant::default(), order::CATEGORY, id)).number();
    let on_server = |of_the_order: &str| {
        format!(
            "UPDATE orderflow_views.order_lines__g1 SET shipped = '[12,3]'; \
             UPDATE orderflow_views.checkpoints SET position = position + 1 \
             WHERE view = 'order_lines' AND slice {of_the_order} {slice}"
        )
    };
    let shipped = async || {
        let reply = world.get(&format!("/orders/{id}")).await;
        assert_eq!(reply.header("orderflow-position"), head.to_string());
        reply.ok()["lines"][1]["shipped"].clone()
    };
    world.sides[0].home.meddle("", on_server("<>")).await;
    assert_eq!(shipped().await, 3, "the lines are those of the order");
    world.sides[0].home.meddle("", on_server("=")).await;
    assert_eq!(shipped().await, 0, "the lines are younger than the order");
}
