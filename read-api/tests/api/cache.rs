//! Reads through the cache: the same bytes as from the views, and the views whenever the cache cannot know.

use std::time::Duration;

use axum::{Router, body::Body, http::Request};
use http_body_util::BodyExt;
use orderflow_core::{
    CustomerId, OrderId, Quantity, Sku,
    order::{self, CancelReason, FulfilmentStatus, OrderEvent, PaymentStatus},
    stock::{self, StockEvent},
    views::HOT,
};
use orderflow_http::{CursorKey, Dependency};
use orderflow_projector::{Activity, Recent, RedisOptions, RedisTarget, Target};
use orderflow_read_api::{AnyViews, CacheOptions, ReadState, RedisCache, SqliteOptions, SqliteViews, router};
use orderflow_stores::AnyStore;
use orderflow_test_servers::{Redis, Signal};
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    home::Home,
    world::{NewOrder, World, at, order_id},
};

const RECENT: &[Recent] = &[Recent { view: "orders", index: "by_customer" }];

/// A world with a cache beside it.
struct Cached {
    world: World,
    target: RedisTarget,
    /// Views only.
    views: Router,
    /// The cache, and behind it views that are never ready: whatever it answers comes from the cache.
    cache: Router,
    /// The cache and the views.
    both: Router,
    handle: RedisCache,
}

/// All that a caller sees.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Cached {
    /// With no look at the views after the first one.
    async fn new(url: &str) -> Self {
        Self::comparing_every(url, Duration::from_secs(3_600)).await
    }

    async fn comparing_every(url: &str, compare_every: Duration) -> Self {
        let world = World::only(Home::file()).await;
        let worker = Uuid::new_v4();
        let prefix = format!("t{}", worker.simple());
        let options = RedisOptions { prefix: prefix.clone(), recent: RECENT, ..RedisOptions::new(worker) };
        let target = RedisTarget::open(url, &options).await.unwrap();
        let options = CacheOptions {
            prefix,
            // Tests share the machine with others.
            timeout: Duration::from_secs(5),
            pause: Duration::from_millis(20),
            longest_pause: Duration::from_millis(50),
            compare_every,
            ..CacheOptions::default()
        };
        let handle = RedisCache::open(url, &options).await.unwrap();
        let state = |views| {
            let reader = AnyStore::from(world.log.clone()).reader();
            ReadState::new(views, reader, None, CursorKey::new(b"a key for the tests").unwrap())
        };
        let there = || world.sides[0].home.views();
        let nowhere = std::env::temp_dir().join(format!("never-{worker}"));
        let never = AnyViews::Sqlite(SqliteViews::new(nowhere, SqliteOptions::default()));
        let (views, _) = router(state(there()));
        let (cache, _) = router(state(never).with_cache(handle.clone()));
        let (both, _) = router(state(there()).with_cache(handle.clone()));
        Self { world, target, views, cache, both, handle }
    }

    /// Brings the cache to the head of the log.
    async fn project(&self) {
        self.target.renew().await.unwrap();
        for projection in &HOT {
            let serving = self.target.ensure(projection.view).await.unwrap().serving;
            self.target.write(vec![self.world.write(projection, serving).await]).await.unwrap();
        }
    }

    async fn place(&self, n: u128, minutes: i64, customer: u128) -> OrderId {
        let order = NewOrder { customer: Some(CustomerId(Uuid::from_u128(customer))), ..NewOrder::new(minutes) };
        self.world.place(n, order).await
    }
}

async fn see(router: &Router, path: &str, headers: &[(&str, &str)]) -> Seen {
    let mut request = Request::get(format!("/api/v1{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    let mut headers: Vec<_> = parts.headers.iter().map(header).collect();
    headers.sort();
    Seen { status: parts.status.as_u16(), headers, body: body.collect().await.unwrap().to_bytes().to_vec() }
}

/// Orders of every kind, stock, and a customer with more orders than are listed.
async fn a_busy_shop(cached: &Cached) -> Vec<String> {
    let world = &cached.world;
    let (plain, busy, cancelled) =
        (cached.place(1, 0, 7).await, cached.place(2, 5, 7).await, cached.place(3, 5, 7).await);
    let dispatched = OrderEvent::ShipmentDispatched(order::ShipmentDispatched {
        shipment: busy.shipment(1),
        shipped: vec![5],
        fulfilment: FulfilmentStatus::PartiallyShipped,
    });
    let held = OrderEvent::Held(order::Held { reason: "call \"him\" \u{e9}\n".to_owned() });
    world.append(order::CATEGORY, busy, at(480), [dispatched, held]).await;
    let reason = CancelReason::OutOfStock { short: vec![] };
    let (fulfilment, payment) = (FulfilmentStatus::None, PaymentStatus::None);
    let event = OrderEvent::Cancelled(order::Cancelled { reason, fulfilment, payment, placed: None });
    world.append(order::CATEGORY, cancelled, at(490), [event]).await;
    let draft = order_id(4);
    let drafted = OrderEvent::Drafted(order::Drafted {
        customer: Some(CustomerId(Uuid::from_u128(7))),
        country: None,
        currency: orderflow_core::Currency::GBP,
        reference: None,
        payment_token: "tok_approve".to_owned(),
    });
    world.append(order::CATEGORY, draft, at(495), [drafted]).await;
    let sku = Sku::new("85048").unwrap();
    let quantity = Quantity::new(50).unwrap();
    world.append(stock::CATEGORY, sku, at(0), [StockEvent::Received(stock::Received { quantity })]).await;
    for n in 0..150 {
        cached.place(100 + n, 500 + n as i64 / 2, 8).await;
    }
    let mut paths: Vec<_> = [plain, busy, cancelled, draft].iter().map(|id| format!("/orders/{id}")).collect();
    let customer = |n: u128, query: &str| format!("/customers/{}/orders{query}", Uuid::from_u128(n));
    paths.extend(["/stock/85048".to_owned(), customer(7, ""), customer(8, ""), customer(8, "?limit=20")]);
    paths.push(format!("/orders?customer={}", Uuid::from_u128(7)));
    paths
}

#[tokio::test]
async fn the_cache_answers_in_the_same_bytes() {
    let cached = Cached::new(&Redis::shared().url()).await;
    let paths = a_busy_shop(&cached).await;
    let head = cached.world.project().await.to_string();
    cached.project().await;
    for path in &paths {
        for headers in [&[][..], &[("orderflow-after", head.as_str())], &[("if-none-match", "\"v1\"")]] {
            let seen = see(&cached.cache, path, headers).await;
            assert_eq!(seen, see(&cached.views, path, headers).await, "{path} {headers:?}");
            assert!(seen.status == 200 || seen.status == 304, "{path}: {}", seen.status);
            assert!(seen.headers.contains(&("orderflow-position".to_owned(), head.clone())), "{path}");
        }
    }
    assert_eq!(cached.handle.health().await, Dependency::Up);
}

#[tokio::test]
async fn what_the_cache_cannot_know_the_views_are_asked() {
    let cached = Cached::new(&Redis::shared().url()).await;
    a_busy_shop(&cached).await;
    cached.world.project().await;
    cached.project().await;
    let customer = |n: u128, query: &str| format!("/customers/{}/orders{query}", Uuid::from_u128(n));
    let next = see(&cached.views, &customer(8, "?limit=20"), &[]).await;
    let next: serde_json::Value = serde_json::from_slice(&next.body).unwrap();
    let next = format!("?limit=20&cursor={}", next["next_cursor"].as_str().unwrap());
    let paths = [
        format!("/orders/{}", order_id(99_999)),
        "/stock/NONE".to_owned(),
        "/orders".to_owned(),
        customer(9, ""),
        customer(8, "?limit=1000"),
        customer(8, &next),
        customer(7, "?status=cancelled"),
    ];
    for path in &paths {
        assert_eq!(see(&cached.cache, path, &[]).await.status, 503, "{path}");
        let seen = see(&cached.both, path, &[]).await;
        assert_eq!(seen, see(&cached.views, path, &[]).await, "{path}");
        assert!(seen.status == 200 || seen.status == 404, "{path}: {}", seen.status);
    }
}

#[tokio::test]
async fn a_cache_that_is_behind_is_passed_over() {
    let cached = Cached::new(&Redis::shared().url()).await;
    let id = cached.place(1, 0, 7).await;
    let before = cached.world.project().await;
    cached.project().await;
    let held = OrderEvent::Held(order::Held { reason: "wait".to_owned() });
    let path = format!("/orders/{id}");
    assert_eq!(see(&cached.both, &path, &[]).await.status, 200, "the views are looked at once");
    let token = cached.world.append(order::CATEGORY, id, at(1), [held]).await.to_string();
    cached.world.project().await;
    let old = see(&cached.both, &path, &[]).await;
    assert!(old.headers.contains(&("orderflow-position".to_owned(), before.to_string())), "as old as it says");
    let after = [("orderflow-after", token.as_str())];
    assert_eq!(see(&cached.both, &path, &after).await, see(&cached.views, &path, &after).await);
    assert_eq!(see(&cached.cache, &path, &after).await.status, 503);
    cached.project().await;
    assert_eq!(see(&cached.cache, &path, &after).await, see(&cached.views, &path, &after).await);
    // What is paused or half written is nobody's business.
    cached.target.set_activity(HOT[0].view, Activity::Paused).await.unwrap();
    assert_eq!(see(&cached.cache, &path, &[]).await.status, 503);
    assert_eq!(see(&cached.both, &path, &[]).await.status, 200);
}

/// Every request is one to look at the views with, and there are none.
#[tokio::test]
async fn views_that_are_down_are_done_without() {
    let cached = Cached::comparing_every(&Redis::shared().url(), Duration::ZERO).await;
    let id = cached.place(1, 0, 7).await;
    cached.world.project().await;
    cached.project().await;
    let customer = format!("/customers/{}/orders", Uuid::from_u128(7));
    for path in [format!("/orders/{id}"), customer] {
        let expected = see(&cached.views, &path, &[]).await;
        assert_eq!(expected.status, 200, "{path}");
        for _ in 0..3 {
            assert_eq!(see(&cached.cache, &path, &[]).await, expected);
            let after = [("orderflow-after", "1")];
            assert_eq!(see(&cached.cache, &path, &after).await, expected);
        }
        assert_eq!(see(&cached.cache, &path, &[("orderflow-after", "9")]).await.status, 503, "{path}");
    }
    assert_eq!(see(&cached.cache, "/orders", &[]).await.status, 503, "lists are in the views only");
}

#[tokio::test]
async fn a_cache_that_nobody_kept_before_the_start_is_not_believed() {
    let cached = Cached::new(&Redis::shared().url()).await;
    let id = cached.place(1, 0, 7).await;
    cached.project().await;
    let held = OrderEvent::Held(order::Held { reason: "wait".to_owned() });
    cached.world.append(order::CATEGORY, id, at(1), [held]).await;
    cached.world.project().await;
    let path = format!("/orders/{id}");
    for _ in 0..3 {
        assert_eq!(see(&cached.both, &path, &[]).await, see(&cached.views, &path, &[]).await);
    }
}

#[tokio::test]
async fn orders_and_lines_that_are_not_in_step_are_not_mixed() {
    let cached = Cached::new(&Redis::shared().url()).await;
    let id = cached.place(1, 0, 7).await;
    cached.world.project().await;
    cached.project().await;
    cached.place(2, 0, 7).await;
    let lines = &HOT[1];
    let serving = cached.target.ensure(lines.view).await.unwrap().serving;
    cached.target.write(vec![cached.world.write(lines, serving).await]).await.unwrap();
    let path = format!("/orders/{id}");
    assert_eq!(see(&cached.cache, &path, &[]).await.status, 503);
    assert_eq!(see(&cached.both, &path, &[]).await, see(&cached.views, &path, &[]).await);
}

#[tokio::test]
async fn a_switch_is_not_noticed() {
    let cached = Cached::new(&Redis::shared().url()).await;
    let id = cached.place(1, 0, 7).await;
    cached.world.project().await;
    cached.project().await;
    let path = format!("/orders/{id}");
    let before = see(&cached.cache, &path, &[]).await;
    let mut built = Vec::new();
    for projection in &HOT {
        let begun = cached.target.begin_build(projection.view).await.unwrap();
        cached.target.load(cached.world.write(projection, begun).await).await.unwrap();
        assert_eq!(see(&cached.cache, &path, &[]).await, before);
        built.push((projection.view, begun.generation));
    }
    cached.target.switch(built).await.unwrap();
    assert_eq!(see(&cached.cache, &path, &[]).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_that_dies_is_done_without() {
    let mut server = Redis::start().unwrap();
    let cached = Cached::new(&server.url()).await;
    let id = cached.place(1, 0, 7).await;
    cached.world.project().await;
    cached.project().await;
    let path = format!("/orders/{id}");
    assert_eq!(see(&cached.cache, &path, &[]).await.status, 200);
    server.stop(Signal::Kill).unwrap();
    let expected = see(&cached.views, &path, &[]).await;
    for _ in 0..50 {
        assert_eq!(see(&cached.both, &path, &[]).await, expected);
    }
    assert!(matches!(cached.handle.health().await, Dependency::Degraded(_)));
    server.start_again().unwrap();
    // It is empty now, and then filled again by its projector.
    assert_eq!(see(&cached.both, &path, &[]).await, expected);
    while cached.target.renew().await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    cached.project().await;
    for _ in 0..500 {
        if see(&cached.cache, &path, &[]).await == expected {
            assert_eq!(cached.handle.health().await, Dependency::Up);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the cache is never used again");
}

#[tokio::test]
async fn a_cache_that_is_not_there_at_the_start_is_no_error() {
    let port = orderflow_test_servers::free_port().unwrap();
    let url = format!("redis://:secret@127.0.0.1:{port}/");
    let cache = RedisCache::open(&url, &CacheOptions::default()).await.unwrap();
    let Dependency::Degraded(why) = cache.health().await else { panic!("nobody is there") };
    assert!(!why.contains("secret"), "{why}");
    let refused = RedisCache::open("http://secret", &CacheOptions::default()).await.err().unwrap();
    assert!(!format!("{refused} {refused:?}").contains("secret"), "{refused:?}");
}
