//! A Postgres that is busy, slow, gone, silent, or another one than it was.

use std::time::{Duration, Instant};

use axum::Router;
use orderflow_read_api::{AnyViews, PostgresOptions, PostgresViews, ViewError};
use orderflow_test_servers::{Durability, Postgres, Signal};
use sqlx::Connection;

use crate::{
    home::{Home, meddle},
    proxy::Proxy,
    world::{NewOrder, Reply, World, get, routed},
};

/// One order and what belongs to it.
async fn world_at(url: &str) -> (World, String) {
    let world = World::only(Home::Server(url.to_owned())).await;
    let id = world.place(1, NewOrder::new(0)).await;
    world.project().await;
    (world, format!("/orders/{id}"))
}

fn reading(world: &World, url: &str, options: PostgresOptions) -> Router {
    routed(AnyViews::Postgres(PostgresViews::open(url, options).unwrap()), &world.log, None)
}

/// Holds a table so that nobody can read it, until it is dropped.
async fn holding(url: &str, sql: &'static str) -> sqlx::PgConnection {
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql("BEGIN").execute(&mut connection).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection
}

const HOLD_STOCK: &str = "LOCK TABLE orderflow_views.stock__g1 IN ACCESS EXCLUSIVE MODE";

#[track_caller]
fn to_be_retried(reply: Reply) {
    let reply = reply.problem(503, "unavailable");
    assert_eq!(reply.header("retry-after"), "1");
}

#[tokio::test]
async fn more_reads_than_are_allowed_are_refused_and_lists_do_not_keep_others_waiting() {
    let url = Postgres::shared().database();
    let (world, order) = world_at(&url).await;
    let options = PostgresOptions {
        points: 1,
        scans: 1,
        waiting: 1,
        turn_timeout: Duration::from_millis(100),
        ..PostgresOptions::default()
    };
    let router = reading(&world, &url, options);
    let held = holding(&url, HOLD_STOCK).await;
    let get = async |path: &str| get(&router, path, &[]).await;
    let (running, waiting, refused, other, ()) = tokio::join!(
        get("/stock"),
        get("/stock"),
        get("/orders"),
        async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            get(&order).await
        },
        async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            held.close().await.unwrap();
        },
    );
    assert_eq!(running.status, 200);
    // The one that waited did so for as long as it may; the third did not even wait.
    let detail = "too many reads are under way: ask again";
    for busy in [waiting, refused] {
        assert_eq!(busy.json["detail"], detail);
        to_be_retried(busy);
    }
    assert_eq!(other.status, 200);

    let held = holding(&url, HOLD_STOCK).await;
    let (running, waiting, ()) = tokio::join!(get("/stock/A"), get(&order), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        held.close().await.unwrap();
    });
    assert_eq!(running.status, 404);
    to_be_retried(waiting);
    assert_eq!(get(&order).await.status, 200);
}

#[tokio::test]
async fn a_server_that_is_out_of_connections_is_busy() {
    let server = Postgres::start(Durability::Off, &["max_connections=20", "superuser_reserved_connections=0"]).unwrap();
    let url = server.database();
    let (world, order) = world_at(&url).await;
    let mut taken = Vec::new();
    while let Ok(connection) = sqlx::PgConnection::connect(&url).await {
        taken.push(connection);
    }
    to_be_retried(world.get(&order).await);
    for connection in taken {
        connection.close().await.unwrap();
    }
    // Its processes end a moment later.
    let begun = Instant::now();
    while world.get(&order).await.status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn what_takes_too_long_is_ended_by_the_server() {
    let url = Postgres::shared().database();
    let (world, order) = world_at(&url).await;
    let options = PostgresOptions {
        point_timeout: Duration::from_millis(100),
        scan_timeout: Duration::from_millis(200),
        ..PostgresOptions::default()
    };
    let router = reading(&world, &url, options);
    let held = holding(&url, HOLD_STOCK).await;
    for path in ["/stock", "/stock/A"] {
        let begun = Instant::now();
        get(&router, path, &[]).await.problem(504, "timed_out");
        assert!(begun.elapsed() < Duration::from_secs(1), "{path}");
    }
    assert_eq!(get(&router, &order, &[]).await.status, 200);
    held.close().await.unwrap();
    assert_eq!(get(&router, "/stock", &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_away_is_read_again() {
    let mut server = Postgres::start(Durability::Off, &[]).unwrap();
    let url = server.database();
    let (world, order) = world_at(&url).await;
    let views = PostgresViews::open(&url, PostgresOptions::default()).unwrap();
    assert_eq!(world.get(&order).await.status, 200);
    assert_eq!(world.get("/orders").await.status, 200);
    views.ping().await.unwrap();
    for signal in [Signal::Interrupt, Signal::Kill] {
        server.stop(signal).unwrap();
        for path in [&order, "/orders", "/analytics/funnel"] {
            let begun = Instant::now();
            to_be_retried(world.get(path).await);
            assert!(begun.elapsed() < Duration::from_secs(1), "{path}");
        }
        let pinged = views.ping().await;
        assert!(matches!(pinged, Err(ViewError::Failed(_))), "{pinged:?}");
        server.start_again().unwrap();
        for path in [&order, "/orders", "/analytics/funnel"] {
            assert_eq!(world.get(path).await.status, 200, "{path}");
        }
        views.ping().await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_the_server_has_ended_is_not_noticed() {
    let url = Postgres::shared().database();
    let (world, order) = world_at(&url).await;
    for _ in 0..3 {
        for path in [&order, "/orders"] {
            assert_eq!(world.get(path).await.status, 200, "{path}");
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            meddle(&url, end.to_owned()).await;
        }
    }
}

#[tokio::test]
async fn a_network_that_swallows_everything_is_an_error_soon() {
    let url = Postgres::shared().database();
    let (world, order) = world_at(&url).await;
    let proxy = Proxy::to(Postgres::shared().port()).await;
    let options = PostgresOptions {
        point_timeout: Duration::from_millis(300),
        scan_timeout: Duration::from_millis(300),
        connect_timeout: Duration::from_millis(300),
        ..PostgresOptions::default()
    };
    let through = url.replace(&format!(":{}/", Postgres::shared().port()), &format!(":{}/", proxy.port));
    let router = reading(&world, &through, options);
    let paths = [order.as_str(), "/orders"];
    for round in 0..2 {
        for path in paths {
            assert_eq!(get(&router, path, &[]).await.status, 200, "{path}");
        }
        if round > 0 {
            // Then it is found out by asking whether the server is there.
            tokio::time::sleep(Duration::from_millis(1_100)).await;
        }
        proxy.swallow(true);
        for path in paths {
            let begun = Instant::now();
            to_be_retried(get(&router, path, &[]).await);
            assert!(begun.elapsed() < Duration::from_millis(1_500), "{path}: {:?}", begun.elapsed());
        }
        // Whoever waits for a position waits for the same failure as all the others, and not for one after the other.
        let after = [("orderflow-after", "1")];
        let waiting = (0..8).map(|which| get(&router, paths[which % 2], &after));
        futures::future::join_all(waiting).await.into_iter().for_each(to_be_retried);
        proxy.swallow(false);
    }
    assert_eq!(get(&router, &order, &[]).await.status, 200);
}

/// The connection has a plan for a view whose columns are of other types now.
#[tokio::test]
async fn a_plan_that_does_not_fit_any_more_is_made_anew() {
    let url = Postgres::shared().database();
    let (world, order) = world_at(&url).await;
    for path in [&order, "/orders"] {
        for _ in 0..8 {
            assert_eq!(world.get(path).await.status, 200);
        }
    }
    let other_types = "BEGIN; ALTER VIEW orderflow_views.orders RENAME TO before; \
                       CREATE VIEW orderflow_views.orders AS SELECT tenant, id, number::varchar, status, fulfilment, \
                       payment, on_hold, currency, total, placed_at, customer, country, reference, cancelled, \
                       updated_at, version FROM orderflow_views.before; COMMIT";
    meddle(&url, other_types.to_owned()).await;
    for path in [&order, "/orders"] {
        assert_eq!(world.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_start_says_what_is_wrong() {
    let url = Postgres::shared().database();
    let open = |url: &str| PostgresViews::open(url, PostgresOptions::default()).unwrap();
    let failure = async |url: &str| match open(url).ping().await {
        Err(ViewError::Failed(cause)) => cause.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(matches!(open(&url).ping().await, Err(ViewError::NotReady)), "nothing is there yet");
    assert!(failure(&format!("{url}_none")).await.contains("does not exist"));
    assert!(failure(&url.replace("postgres@", "stranger@")).await.contains("stranger"));
    world_at(&url).await;
    open(&url).ping().await.unwrap();
    meddle(&url, "UPDATE orderflow_views.meta SET value = 2 WHERE name = 'schema_version'".to_owned()).await;
    assert!(failure(&url).await.contains("start a newer one"));
}

#[tokio::test]
async fn every_process_has_the_cursor_key_of_the_first() {
    let url = Postgres::shared().database();
    let open = || PostgresViews::open(&url, PostgresOptions::default()).unwrap();
    assert!(matches!(open().cursor_key([1; 32]).await, Err(ViewError::NotReady)));
    world_at(&url).await;
    let offers = (1..=8).map(|n| {
        let views = open();
        async move { views.cursor_key([n; 32]).await.unwrap() }
    });
    let keys = futures::future::join_all(offers).await;
    assert!(keys.iter().all(|key| *key == keys[0] && (1..=8).contains(&key[0])), "{keys:?}");
    assert_eq!(open().cursor_key([9; 32]).await.unwrap(), keys[0]);
}
