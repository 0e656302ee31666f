use std::collections::HashSet;

use orderflow_core::{
    CustomerId,
    order::{self, OrderEvent},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{NewOrder, World, at, order_id};

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

/// Sixty orders, several a minute, of three customers and two countries, every fourth confirmed.
async fn sixty(world: &World) {
    for n in 0..60 {
        let order = NewOrder {
            customer: (n % 3 != 0).then_some(CustomerId(Uuid::from_u128(n % 3))),
            country: Some(if n % 2 == 0 { "United Kingdom" } else { "France" }),
            reference: Some(format!("{}", 489_434 + n)),
            ..NewOrder::new(n as i64 / 4)
        };
        let id = world.place(n, order).await;
        if n % 4 == 0 {
            let stock = OrderEvent::StockConfirmed(order::StockConfirmed {});
            let paid = OrderEvent::PaymentConfirmed(order::PaymentConfirmed {});
            let confirmed = OrderEvent::Confirmed(order::Confirmed {});
            world.append(order::CATEGORY, id, at(100), [stock, paid, confirmed]).await;
        }
    }
    world.project().await;
}

#[tokio::test]
async fn pages_are_newest_first_and_make_the_whole_list() {
    let world = World::new().await;
    sixty(&world).await;
    let all = world.get("/orders?limit=1000").await.ok();
    assert_eq!(all["next_cursor"], Value::Null);
    let all = all["items"].as_array().unwrap().clone();
    assert_eq!(all.len(), 60);
    let keys: Vec<_> =
        all.iter().map(|item| (item["placed_at"].as_str().unwrap(), item["id"].as_str().unwrap())).collect();
    assert!(keys.is_sorted_by(|a, b| a > b), "{keys:?}");
    assert!(all[0].get("lines").is_none());
    for limit in [1, 7, 20, 59, 60, 61] {
        assert_eq!(world.walk("/orders", limit).await, all, "limit {limit}");
    }
    assert_eq!(world.get("/orders").await.ok()["items"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn filters_hold_together() {
    let world = World::new().await;
    sixty(&world).await;
    let customer = Uuid::from_u128(1);
    for (query, expected) in [
        ("status=confirmed".to_owned(), 15),
        ("status=placed".to_owned(), 45),
        ("status=cancelled".to_owned(), 0),
        ("fulfilment=reserved".to_owned(), 15),
        ("payment=none".to_owned(), 45),
        ("country=France".to_owned(), 30),
        ("country=Atlantis".to_owned(), 0),
        (format!("customer={customer}"), 20),
        (format!("customer={customer}&status=confirmed"), 5),
        (format!("customer={customer}&country=France"), 10),
        ("reference=489440".to_owned(), 1),
        ("reference=489440&status=confirmed".to_owned(), 0),
        ("placed_after=2009-12-01T00:05:00Z".to_owned(), 40),
        ("placed_before=2009-12-01T00:05:00Z".to_owned(), 20),
        ("placed_after=2009-12-01T00:05:00Z&placed_before=2009-12-01T00:06:00Z".to_owned(), 4),
        ("placed_after=2009-12-02".to_owned(), 0),
        ("q=48944".to_owned(), 10),
        ("q=48944&status=confirmed".to_owned(), 2),
        (format!("q={}", order_id(7)), 1),
        (format!("q={}", order_id(70)), 0),
        (format!("q={}", order_id(7).number().to_lowercase()), 1),
        (format!("q={}", &order_id(7).number()[..9]), 1),
        ("q=nothing%25".to_owned(), 0),
        ("q=".to_owned(), 60),
    ] {
        let all = world.walk(&format!("/orders?{query}"), 3).await;
        assert_eq!(all.len(), expected, "{query}");
        assert_eq!(ids(&all).iter().collect::<HashSet<_>>().len(), expected, "{query}");
    }
    let own = world.walk(&format!("/customers/{customer}/orders"), 6).await;
    assert_eq!(own, world.walk(&format!("/orders?customer={customer}"), 20).await);
    assert_eq!(
        world.get(&format!("/customers/{}/orders", Uuid::nil())).await.ok(),
        json!({"items": [], "next_cursor": null})
    );
    let other = Uuid::from_u128(2);
    world.get(&format!("/customers/{customer}/orders?customer={other}")).await.problem(400, "invalid_parameter");
}

#[tokio::test]
async fn drafts_and_orders_cancelled_as_drafts_come_last() {
    let world = World::new().await;
    let draft = || {
        OrderEvent::Drafted(order::Drafted {
            customer: None,
            country: None,
            currency: orderflow_core::Currency::GBP,
            reference: None,
            payment_token: String::new(),
        })
    };
    let cancelled = |placed| {
        OrderEvent::Cancelled(order::Cancelled {
            reason: order::CancelReason::Requested { note: None },
            fulfilment: order::FulfilmentStatus::None,
            payment: order::PaymentStatus::None,
            placed,
        })
    };
    for n in 0..10 {
        let id = order_id(n);
        world.append(order::CATEGORY, id, at(0), [draft()]).await;
        if n % 2 == 0 {
            world.append(order::CATEGORY, id, at(1), [cancelled(None)]).await;
        }
    }
    for n in 10..15 {
        let order = NewOrder::new(n as i64);
        let placed = order.placed();
        let id = world.place(n, order).await;
        world.append(order::CATEGORY, id, at(99), [cancelled(Some(Box::new(placed)))]).await;
    }
    world.project().await;
    for limit in [1, 2, 4, 5, 9] {
        let drafts = world.walk("/orders?status=draft", limit).await;
        assert_eq!(drafts.len(), 5);
        assert!(ids(&drafts).is_sorted_by(|a, b| a > b));
        let cancelled = world.walk("/orders?status=cancelled", limit).await;
        let placed: Vec<_> = cancelled.iter().map(|item| item["placed_at"].is_string()).collect();
        assert_eq!(placed, [true, true, true, true, true, false, false, false, false, false], "limit {limit}");
    }
    assert_eq!(world.walk("/orders?status=cancelled&placed_after=2009-01-01", 3).await.len(), 5);
    assert_eq!(world.walk("/orders", 3).await.len(), 5);
}

#[tokio::test]
async fn a_walk_sees_every_old_row_once_while_new_ones_come() {
    let world = World::new().await;
    sixty(&world).await;
    let before: HashSet<String> = ids(&world.walk("/orders", 1000).await).into_iter().map(str::to_owned).collect();
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for n in 100.. {
        let page = world.get(&format!("/orders?limit=7{cursor}")).await.ok();
        seen.extend(ids(page["items"].as_array().unwrap()).into_iter().map(str::to_owned));
        // One that is newer than all, and one that is in the middle of what is still to come.
        world.place(n, NewOrder::new(n as i64)).await;
        world.place(n + 1000, NewOrder::new(3)).await;
        world.project().await;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), seen.iter().collect::<HashSet<_>>().len(), "no row twice");
    assert!(before.iter().all(|id| seen.contains(id)), "no row left out");
}

#[tokio::test]
async fn a_cursor_fits_its_own_list_only() {
    let world = World::new().await;
    sixty(&world).await;
    let page = world.get("/orders?status=placed&limit=5").await;
    assert!(
        page.header("link").starts_with("</api/v1/orders?status=placed&limit=5&cursor="),
        "{}",
        page.header("link")
    );
    let cursor = page.ok()["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(
        world.get(&format!("/orders?limit=9&status=placed&cursor={cursor}")).await.status,
        200,
        "the limit may change"
    );
    for path in [
        format!("/orders?status=confirmed&cursor={cursor}"),
        format!("/orders?cursor={cursor}"),
        format!("/orders?status=placed&country=France&cursor={cursor}"),
        format!("/products?cursor={cursor}"),
        format!("/shipments?cursor={cursor}"),
        format!("/orders?status=placed&cursor=x{cursor}"),
        "/orders?cursor=".to_owned(),
    ] {
        world.get(&path).await.problem(400, "invalid_cursor");
    }
}

#[tokio::test]
async fn parameters_have_bounds() {
    let world = World::new().await;
    world.project().await;
    for query in [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=x",
        "status=pending",
        "fulfilment=x",
        "payment=x",
        "customer=7",
        "placed_after=yesterday",
        "placed_before=2009",
        "sort=id",
        "status=placed&status=draft",
    ] {
        world.get(&format!("/orders?{query}")).await.problem(400, "invalid_parameter");
    }
    assert_eq!(world.get("/orders?limit=1000").await.status, 200);
    assert_eq!(world.get("/orders?limit=1").await.status, 200);
}
