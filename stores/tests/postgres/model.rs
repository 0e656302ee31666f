//! The Postgres store gives the same answers as the store in memory, however its groups fall.

use std::sync::atomic::{AtomicU64, Ordering};

use orderflow_engine::{AppendError, EventReader, EventStore, ExpectedVersion, MemoryStore, Ticket, Version};
use orderflow_stores::{PostgresOptions, PostgresStore};
use orderflow_test_servers::Postgres;
use proptest::prelude::*;

use crate::{append, name, open};

#[derive(Debug, Clone)]
enum Step {
    Append {
        stream: u8,
        expected: ExpectedVersion,
        events: usize,
    },
    /// Waits for everything on the way, so that the next append is in another group.
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    let expected = prop_oneof![
        Just(ExpectedVersion::Any),
        Just(ExpectedVersion::NoStream),
        Just(ExpectedVersion::Exists),
        (0..6_u64).prop_map(|version| ExpectedVersion::Exactly(Version(version))),
    ];
    prop_oneof![
        10 => (0..4_u8, expected, 1..4_usize)
            .prop_map(|(stream, expected, events)| Step::Append { stream, expected, events }),
        1 => Just(Step::Settle),
    ]
}

/// Positions count from where the log ended before: other cases have used the same database.
async fn verdicts(tickets: &[Ticket], start: u64) -> Vec<Result<(u64, u64), Version>> {
    let mut verdicts = Vec::new();
    for ticket in tickets {
        verdicts.push(match ticket.wait().await {
            Ok(appended) => Ok((appended.version.0, appended.position.0 - start)),
            Err(AppendError::Conflict { actual, .. }) => Err(actual),
            Err(other) => panic!("{other}"),
        });
    }
    verdicts
}

async fn agrees_with_memory(url: &str, steps: Vec<Step>) {
    static CASE: AtomicU64 = AtomicU64::new(0);
    let case = CASE.fetch_add(1, Ordering::Relaxed);
    let name = |stream: u8| name(format_args!("{case}-{stream}"));
    let tiny = PostgresOptions { queue: 8, readers: 1, cached_streams: 2, ..PostgresOptions::default() };
    let postgres = PostgresStore::open(url, &tiny).await.unwrap();
    let memory = MemoryStore::new();
    let start = postgres.head().await.unwrap().0;
    let (mut wanted, mut tickets) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Append { stream, expected, events } => {
                let append = append(&name(stream), expected, &["{\"n\":0}", "{}", "[]"][..events]);
                wanted.push(memory.submit(append.clone()).await);
                tickets.push(postgres.submit(append).await);
            }
            Step::Settle => drop(verdicts(&tickets, start).await),
        }
    }
    assert_eq!(verdicts(&tickets, start).await, verdicts(&wanted, 0).await);
    for stream in 0..4 {
        let (stream, after) = (name(stream), Version(1));
        let mut events = postgres.read_stream(&stream, after, 3).await.unwrap();
        for event in &mut events {
            event.position.0 -= start;
        }
        assert_eq!(events, memory.read_stream(&stream, after, 3).await.unwrap());
    }
    postgres.close().await;
}

#[test]
fn postgres_agrees_with_memory() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = Postgres::shared().database();
    runtime.block_on(async { open(&url).await.close().await });
    proptest!(ProptestConfig::with_cases(64), |(steps in prop::collection::vec(step(), 1..60))| {
        runtime.block_on(agrees_with_memory(&url, steps));
    });
}
