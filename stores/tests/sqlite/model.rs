//! The SQLite store gives the same answers as the store in memory, however its groups and reopenings fall.

use orderflow_engine::{AppendError, Appended, EventReader, EventStore, ExpectedVersion, MemoryStore, Ticket, Version};
use orderflow_stores::{SqliteOptions, SqliteStore};
use proptest::prelude::*;

use crate::{append, log, name};

#[derive(Debug, Clone)]
enum Step {
    Append {
        stream: u8,
        expected: ExpectedVersion,
        events: usize,
    },
    /// Waits for everything on the way, so that the next append is in another group.
    Settle,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let expected = prop_oneof![
        Just(ExpectedVersion::Any),
        Just(ExpectedVersion::NoStream),
        Just(ExpectedVersion::Exists),
        (0..6_u64).prop_map(|version| ExpectedVersion::Exactly(Version(version))),
    ];
    prop_oneof![
        20 => (0..4_u8, expected, 1..4_usize)
            .prop_map(|(stream, expected, events)| Step::Append { stream, expected, events }),
        2 => Just(Step::Settle),
        1 => Just(Step::Reopen),
    ]
}

async fn verdicts(tickets: &[Ticket]) -> Vec<Result<Appended, Version>> {
    let mut verdicts = Vec::new();
    for ticket in tickets {
        verdicts.push(match ticket.wait().await {
            Ok(appended) => Ok(appended),
            Err(AppendError::Conflict { actual, .. }) => Err(actual),
            Err(other) => panic!("{other}"),
        });
    }
    verdicts
}

async fn agrees_with_memory(steps: Vec<Step>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let options = SqliteOptions { queue: 8, readers: 1, cached_streams: 2 };
    let (memory, mut sqlite) = (MemoryStore::new(), SqliteStore::open(&path, &options).unwrap());
    let (mut wanted, mut tickets) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Append { stream, expected, events } => {
                let append = append(&name(stream), expected, &["{\"n\":0}", "{}", "[]"][..events]);
                wanted.push(memory.submit(append.clone()).await);
                tickets.push(sqlite.submit(append).await);
            }
            Step::Settle => drop(verdicts(&tickets).await),
            Step::Reopen => {
                drop(sqlite);
                sqlite = SqliteStore::open(&path, &options).unwrap();
            }
        }
    }
    assert_eq!(verdicts(&tickets).await, verdicts(&wanted).await);
    assert_eq!(log(&sqlite).await, log(&memory).await);
    for stream in 0..4 {
        let (stream, after) = (name(stream), Version(1));
        let events = sqlite.read_stream(&stream, after, 3).await.unwrap();
        assert_eq!(events, memory.read_stream(&stream, after, 3).await.unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sqlite_agrees_with_memory(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agrees_with_memory(steps));
    }
}
