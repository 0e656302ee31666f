//! Two processes' worth of command handlers on one stream: whatever one of them had decided when the other was faster,
//! no rule is broken and no command is carried out twice.

use std::collections::HashSet;

use chrono::DateTime;
use orderflow_engine::{
    Category, CommandId, Decider, DecodeError, Envelope, EventCodec, ExecuteError, FirstLook, Handler, Metadata, Tenant,
};
use orderflow_stores::PostgresStore;
use orderflow_test_servers::Postgres;
use uuid::Uuid;

use crate::{log, open};

/// A stock of so many pieces, which can be taken until it is empty.
struct Stock;

const PIECES: u64 = 2000;

#[derive(Debug, Clone, PartialEq)]
struct Taken {
    pieces: u64,
    /// How many there were when this was decided.
    of: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are not as many pieces left")]
struct Short;

impl EventCodec for Taken {
    const KINDS: &'static [&'static str] = &["stock.taken.v1"];

    fn kind(&self) -> &'static str {
        Self::KINDS[0]
    }

    fn encode(&self) -> Vec<u8> {
        format!("[{},{}]", self.pieces, self.of).into_bytes()
    }

    fn decode(_: &str, data: &[u8]) -> Result<Self, DecodeError> {
        let (pieces, of) = serde_json::from_slice(data).unwrap();
        Ok(Self { pieces, of })
    }
}

impl Decider for Stock {
    const CATEGORY: Category = Category::new("stock");
    type Command = u64;
    type Event = Taken;
    type State = u64;
    type Rejection = Short;

    fn initial() -> u64 {
        PIECES
    }

    fn evolve(left: u64, event: &Taken) -> u64 {
        left.saturating_sub(event.pieces)
    }

    fn decide(left: &u64, pieces: &u64) -> Result<Vec<Taken>, Short> {
        if pieces > left { Err(Short) } else { Ok(vec![Taken { pieces: *pieces, of: *left }]) }
    }
}

fn envelope(id: Uuid) -> Envelope {
    Envelope {
        metadata: Metadata::new(CommandId(id), "tester"),
        time: DateTime::UNIX_EPOCH,
        if_version: None,
        first_look: FirstLook::Load,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_pipeline_on_one_stream_decide_on_what_is_there() {
    let url = Postgres::shared().database();
    let handlers = [open(&url).await, open(&url).await].map(|store| Handler::<Stock, PostgresStore>::new(store, 10));
    let mut callers = Vec::new();
    for number in 0..64_usize {
        // One has few commands at a time, and takes the place of the first of the other's many.
        let handler = handlers[usize::from(number % 8 != 0)].clone();
        callers.push(tokio::spawn(async move {
            let mut taken = Vec::new();
            for round in 0..30_usize {
                let (id, pieces) = (Uuid::new_v4(), (number + round) as u64 % 3 + 1);
                match handler.execute(&Tenant::default(), "hot", &pieces, &envelope(id)).await {
                    Ok(_) => taken.push(id),
                    Err(ExecuteError::Rejected(Short) | ExecuteError::Contended { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            taken
        }));
    }
    let mut acknowledged = HashSet::new();
    for caller in callers {
        acknowledged.extend(caller.await.unwrap());
    }
    let events = log(&open(&url).await).await;
    let mut left = PIECES;
    for event in &events {
        let taken = Taken::decode(&event.kind, &event.data).unwrap();
        assert_eq!(taken.of, left, "version {} was decided on another state", event.version);
        left -= taken.pieces;
    }
    assert!(left < 3, "{left} pieces are left, and small wishes could still be met");
    let written: Vec<_> = events.iter().map(|event| event.metadata().unwrap().command.0).collect();
    assert_eq!(written.iter().copied().collect::<HashSet<_>>(), acknowledged, "written is what was acknowledged");
    assert_eq!(written.len(), acknowledged.len(), "and nothing twice");
}
