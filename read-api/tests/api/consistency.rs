use orderflow_core::views::ALL;
use orderflow_http::CursorKey;
use orderflow_projector::Target;
use orderflow_read_api::{AnyViews, ReadState, SqliteOptions, SqliteViews, router};
use orderflow_stores::AnyStore;

use crate::world::{Hint, NewOrder, World, order_id, soon};

#[tokio::test]
async fn a_token_makes_a_read_wait_for_the_view() {
    for hint in [Hint::SameProcess, Hint::OtherProcess] {
        let world = World::with(hint).await;
        world.place(1, NewOrder::new(0)).await;
        world.project().await;
        let id = world.place(2, NewOrder::new(1)).await;
        let (order, list) = (format!("/orders/{id}"), "/orders".to_owned());
        assert_eq!(world.get(&order).await.status, 404, "without a token the view is as it is");
        let token = [("orderflow-after", "2")];
        let (order, list, _) = tokio::join!(world.get_with(&order, &token), world.get_with(&list, &token), async {
            soon().await;
            world.project().await
        });
        assert_eq!((order.status, order.header("orderflow-position")), (200, "2"));
        assert_eq!(list.ok()["items"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn patience_ends() {
    let world = World::new().await;
    let id = world.place(1, NewOrder::new(0)).await;
    world.project().await;
    let token = [("orderflow-after", "2")];
    let paths = [
        format!("/orders/{id}"),
        format!("/orders/{id}?as_of=1"),
        format!("/orders/{id}/timeline"),
        "/orders".to_owned(),
        "/analytics/funnel".to_owned(),
        "/analytics/sales?by=country".to_owned(),
    ];
    for path in paths {
        let reply = world.get_with(&path, &token).await.problem(503, "not_yet_projected");
        assert_eq!(reply.header("retry-after"), "1", "{path}");
    }
    world.get_with("/orders", &[("orderflow-after", "-2")]).await.problem(400, "invalid_header");
}

#[tokio::test]
async fn views_that_are_not_there_yet_are_not_ready() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("views.db");
    let mut world = World::new().await;
    let views = AnyViews::Sqlite(SqliteViews::new(&path, SqliteOptions::default()));
    let reader = AnyStore::from(world.log.clone()).reader();
    (world.router, _) = router(ReadState::new(views, reader, None, CursorKey::random()));
    let paths = [format!("/orders/{}", order_id(1)), "/orders".to_owned(), "/products/A".to_owned()];
    for path in &paths {
        let reply = world.get(path).await.problem(503, "unavailable");
        assert_eq!(reply.header("retry-after"), "1");
    }
    assert!(!path.exists(), "a reader does not make the file");
    let target = orderflow_projector::SqliteTarget::open(&path).unwrap();
    for path in &paths {
        world.get(path).await.problem(503, "unavailable");
    }
    for projection in &ALL {
        target.ensure(projection.view).await.unwrap();
    }
    assert_eq!(world.get(&paths[0]).await.status, 404);
    assert_eq!(world.get(&paths[1]).await.status, 200);
    assert_eq!(world.get(&paths[2]).await.status, 404);
}

/// Readers beside rebuilds: every read of every moment finds the view whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_of_generations_is_not_noticed() {
    let world = World::new().await;
    for n in 0..20 {
        world.place(n, NewOrder::new(n as i64)).await;
    }
    world.project().await;
    let done = std::sync::atomic::AtomicBool::new(false);
    let read = async {
        let mut reads = 0;
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            let order = world.get(&format!("/orders/{}", order_id(reads % 20))).await;
            assert_eq!(order.status, 200, "{:?}", order.json);
            let list = world.get("/orders?limit=30").await.ok();
            assert_eq!(list["items"].as_array().unwrap().len(), 20);
            let sales = world.get("/analytics/sales?by=month").await.ok();
            assert_eq!(sales["items"][0]["orders"], 20);
            reads += 1;
            tokio::task::yield_now().await;
        }
        reads
    };
    let rebuild = async {
        for _ in 0..8 {
            world.rebuild().await;
            soon().await;
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    let (reads, ()) = tokio::join!(read, rebuild);
    assert!(reads > 0);
}
