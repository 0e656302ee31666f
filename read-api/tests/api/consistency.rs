use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use orderflow_core::views::ALL;
use orderflow_engine::MemoryStore;
use orderflow_projector::Target;

use crate::{
    home::Home,
    world::{Hint, NewOrder, World, get, order_id, routed, soon},
};

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
    // The clock stands still for whatever waits, and so there is nobody to wait for but the file.
    let world = World::only(Home::file()).await;
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
    for home in [Home::file(), Home::server()] {
        let router = routed(home.views(), &MemoryStore::new(), None);
        let get = async |path: &str| get(&router, path, &[]).await;
        let paths = [format!("/orders/{}", order_id(1)), "/orders".to_owned(), "/products/A".to_owned()];
        let not_ready = async || {
            for path in &paths {
                let reply = get(path).await.problem(503, "unavailable");
                assert_eq!(reply.json["detail"], "the views are not built yet: ask again", "{path}");
                assert_eq!(reply.header("retry-after"), "1");
            }
        };
        not_ready().await;
        if let Home::File(directory) = &home {
            assert!(directory.path().read_dir().unwrap().next().is_none(), "a reader does not make the file");
        }
        let target = home.target().await;
        not_ready().await;
        for projection in &ALL {
            target.ensure(projection.view).await.unwrap();
        }
        assert_eq!(get(&paths[0]).await.status, 404);
        assert_eq!(get(&paths[1]).await.status, 200);
        assert_eq!(get(&paths[2]).await.status, 404);
    }
}

/// Readers beside rebuilds: every read of every moment finds the view whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_of_generations_is_not_noticed() {
    tokio::join!(rebuilt_while_read(Home::file()), rebuilt_while_read(Home::server()));
}

async fn rebuilt_while_read(home: Home) {
    let world = World::only(home).await;
    for n in 0..20 {
        world.place(n, NewOrder::new(n as i64)).await;
    }
    world.project().await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = |first: u128| {
        let (router, done) = (world.sides[0].router.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                let ask = async |path: &str| get(&router, path, &[]).await.ok();
                let order = ask(&format!("/orders/{}", order_id((first + reads) % 20))).await;
                assert_eq!(order["lines"].as_array().unwrap().len(), 1);
                for list in ["/orders?limit=30", "/orders?limit=30&q=85048"] {
                    assert_eq!(ask(list).await["items"].as_array().unwrap().len(), 20, "{list}");
                }
                assert_eq!(ask("/analytics/sales?by=month").await["items"][0]["orders"], 20);
                assert_eq!(ask("/analytics/top-products").await["items"][0]["orders"], 20);
                reads += 1;
            }
            reads
        })
    };
    let readers: Vec<_> = (0..4).map(reader).collect();
    for _ in 0..4 {
        world.rebuild().await;
        soon().await;
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.await.unwrap() > 0);
    }
}
