use orderflow_core::order::{self, CancelReason, FulfilmentStatus, OrderEvent, PaymentStatus};
use serde_json::json;

use crate::world::{NewOrder, World, at, line};

const DAY: i64 = 24 * 60;

async fn three_months(world: &World) {
    let order = |day: i64, country, lines| NewOrder { country, lines, ..NewOrder::new(day * DAY) };
    world.place(1, order(0, Some("France"), vec![line(1, "A", 2, "1.50"), line(2, "B", 1, "4.00")])).await;
    world.place(2, order(0, None, vec![line(1, "A", 1, "1.50"), line(2, "A", 3, "1.00")])).await;
    world.place(3, order(40, Some("France"), vec![line(1, "B", 10, "0.10")])).await;
    let yen = NewOrder { currency: "JPY", ..order(40, Some("Japan"), vec![line(1, "A", 1, "700")]) };
    world.place(4, yen).await;
    let doomed = order(70, Some("Eire"), vec![line(1, "C", 5, "9.99")]);
    let cancelled = OrderEvent::Cancelled(order::Cancelled {
        reason: CancelReason::Expired,
        fulfilment: FulfilmentStatus::Released,
        payment: PaymentStatus::None,
        placed: Some(Box::new(doomed.placed())),
    });
    let id = world.place(5, doomed).await;
    world.append(order::CATEGORY, id, at(71 * DAY), [cancelled]).await;
    world.project().await;
}

fn sales(key: &str, orders: i64, lines: i64, units: i64, revenue: &str, currency: &str) -> serde_json::Value {
    let none = if currency == "JPY" { "0" } else { "0.00" };
    json!({
        "key": key, "orders": orders, "lines": lines, "units": units,
        "revenue": {"amount": revenue, "currency": currency}, "refunds": {"amount": none, "currency": currency},
    })
}

#[tokio::test]
async fn sales_add_up_by_every_key() {
    let world = World::new().await;
    three_months(&world).await;
    let by = async |by: &str| world.get(&format!("/analytics/sales?by={by}")).await.ok();
    let months = [
        sales("2009-12", 2, 4, 7, "11.50", "GBP"),
        sales("2010-01", 1, 1, 10, "1.00", "GBP"),
        sales("2010-01", 1, 1, 1, "700", "JPY"),
    ];
    assert_eq!(by("month").await, json!({"items": months, "next_cursor": null}));
    let days = [
        sales("2009-12-01", 2, 4, 7, "11.50", "GBP"),
        sales("2010-01-10", 1, 1, 10, "1.00", "GBP"),
        sales("2010-01-10", 1, 1, 1, "700", "JPY"),
    ];
    assert_eq!(by("day").await["items"], json!(days));
    let products =
        [sales("A", 2, 3, 6, "7.50", "GBP"), sales("A", 1, 1, 1, "700", "JPY"), sales("B", 2, 2, 11, "5.00", "GBP")];
    assert_eq!(by("product").await["items"], json!(products));
    let countries = [
        sales("", 1, 2, 4, "4.50", "GBP"),
        sales("France", 2, 3, 13, "8.00", "GBP"),
        sales("Japan", 1, 1, 1, "700", "JPY"),
    ];
    assert_eq!(by("country").await["items"], json!(countries));
    for by in ["day", "month", "product", "country"] {
        assert_eq!(world.walk(&format!("/analytics/sales?by={by}"), 1).await.len(), 3, "{by}");
    }
}

#[tokio::test]
async fn sales_have_a_range() {
    let world = World::new().await;
    three_months(&world).await;
    for (query, expected) in [
        ("by=day&from=2009-12-02", 2),
        ("by=day&to=2009-12-01", 1),
        ("by=day&from=2009-12-01&to=2009-12-01", 1),
        ("by=day&from=2010-01&to=2010-01", 2),
        ("by=month&to=2009-12", 1),
        ("by=month&from=2010-02", 0),
    ] {
        assert_eq!(world.walk(&format!("/analytics/sales?{query}"), 10).await.len(), expected, "{query}");
    }
    for query in [
        "",
        "by=week",
        "by=product&from=2009-12-01",
        "by=day&from=12/2009",
        "by=day&to=2009-12-1",
        "by=day&limit=10001",
    ] {
        world.get(&format!("/analytics/sales?{query}")).await.problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn products_are_ranked() {
    let world = World::new().await;
    three_months(&world).await;
    let ranked = world.get("/analytics/top-products?by=units").await.ok();
    let skus: Vec<_> = ranked["items"].as_array().unwrap().iter().map(|item| item["sku"].as_str().unwrap()).collect();
    assert_eq!(skus, ["B", "A", "A"]);
    let first = world.get("/analytics/top-products?limit=1").await.ok();
    let pounds = json!({"amount": "7.50", "currency": "GBP"});
    let expected = json!({"sku": "A", "description": null, "orders": 2, "lines": 3, "units": 6, "revenue": pounds});
    assert_eq!(first, json!({"items": [expected], "next_cursor": null}));
    let yen = world.get("/analytics/top-products?currency=JPY").await.ok();
    let amounts: Vec<_> = yen["items"].as_array().unwrap().iter().map(|item| &item["revenue"]["amount"]).collect();
    assert_eq!(amounts, ["700"]);
    for query in ["by=luck", "limit=0", "currency=yen"] {
        world.get(&format!("/analytics/top-products?{query}")).await.problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn the_funnel_counts_every_order() {
    let world = World::new().await;
    three_months(&world).await;
    let funnel = world.get("/analytics/funnel").await.ok();
    let expected = json!({
        "orders": 5, "on_hold": 0,
        "status": {"draft": 0, "placed": 4, "confirmed": 0, "completed": 0, "cancelled": 1},
        "fulfilment": {"none": 4, "reserved": 0, "partially_shipped": 0, "shipped": 0, "delivered": 0, "released": 1},
        "payment": {"none": 5, "authorized": 0, "captured": 0, "failed": 0, "voided": 0},
    });
    assert_eq!(funnel, expected);
}
