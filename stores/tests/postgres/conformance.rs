//! The Postgres store keeps the contract, by itself and behind `AnyStore`, and keeps it over a reopening.

use orderflow_engine::{
    Category, EventReader, Position, Wanted,
    store::conformance::{self, Positions},
};
use orderflow_stores::{AnyReader, AnyStore, PostgresOptions, PostgresReader, PostgresStore};
use orderflow_test_servers::Postgres;

use crate::{log, name, open, put};

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract() {
    conformance::check(open(&Postgres::shared().database()).await, Positions::Gapless).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tiny_postgres_keeps_the_contract() {
    let tiny = PostgresOptions { queue: 1, readers: 1, cached_streams: 1, ..PostgresOptions::default() };
    conformance::check(PostgresStore::open(&Postgres::shared().database(), &tiny).await.unwrap(), Positions::Gapless)
        .await;
}

#[tokio::test]
async fn any_store_keeps_the_contract_on_one_thread_and_over_a_reopening() {
    let url = Postgres::shared().database();
    let store = AnyStore::from(open(&url).await);
    conformance::check(store.clone(), Positions::Gapless).await;
    let written = log(&store).await;
    assert!(written.len() > 1000);

    let beside = AnyReader::from(PostgresReader::open(&url, &PostgresOptions::default()).await.unwrap());
    assert_eq!(log(&store.reader()).await, written);
    assert_eq!(log(&beside).await, written);
    assert_eq!(beside.head().await.unwrap().0, written.len() as u64);
    store.close().await;

    let reopened = open(&url).await;
    assert_eq!(log(&reopened).await, written);
    assert_eq!(put(&reopened, &name("reopened"), &["1"]).await.unwrap().position.0, written.len() as u64 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_is_read_in_pages() {
    const CATEGORY: Category = Category::new("probe");
    let store = open(&Postgres::shared().database()).await;
    let other = orderflow_engine::StreamName::parse("other-1").unwrap();
    for number in 0..10 {
        let stream = if number % 3 == 0 { other.clone() } else { name(number % 2) };
        put(&store, &stream, &["1"]).await.unwrap();
    }
    let (mut read, mut through) = (Vec::new(), Position::START);
    while through.0 < 10 {
        let page = store.reader().read_category(CATEGORY, through, 4).await.unwrap();
        assert!(page.through > through, "a page of other categories is passed over");
        through = page.through;
        read.extend(page.events);
    }
    let all = store.read_all(Position::START, 100, &Wanted::ALL).await.unwrap().events;
    let wanted: Vec<_> = all.into_iter().filter(|event| event.stream.category() == "probe").collect();
    assert_eq!((read.len(), &read), (6, &wanted));
}
