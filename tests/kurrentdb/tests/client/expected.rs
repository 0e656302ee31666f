//! The table of expected versions, row by row, and what counts as a repetition.

use kurrentdb::{
    Client,
    CurrentRevision::{self, Current},
    DeleteStreamOptions, EventData,
    StreamState::{self, Any, NoStream, StreamExists, StreamRevision},
    TombstoneStreamOptions,
};
use uuid::Uuid;

use crate::kit::{
    Outcome::{self, At, Conflict, Deleted},
    Server, append, event, event_with, events, outcome, stream,
};

#[derive(Debug, Clone, Copy)]
enum Given {
    Nothing,
    /// Revisions 0, 1 and 2.
    Three,
    SoftDeleted,
    Tombstoned,
}

impl Given {
    async fn stream(self, client: &Client) -> String {
        let name = stream("given");
        if !matches!(self, Self::Nothing) {
            append(client, &name, NoStream, events(3)).await.unwrap();
        }
        match self {
            Self::Nothing | Self::Three => {}
            Self::SoftDeleted => {
                client.delete_stream(&*name, &DeleteStreamOptions::default()).await.unwrap();
            }
            Self::Tombstoned => {
                client.tombstone_stream(&*name, &TombstoneStreamOptions::default()).await.unwrap();
            }
        }
        name
    }
}

const MISSING: Outcome = Conflict(CurrentRevision::NoStream);
const HERE: Outcome = Conflict(Current(2));

#[rustfmt::skip]
const TABLE: &[(Given, StreamState, Outcome)] = &[
    (Given::Nothing, Any, At(0)),
    (Given::Nothing, NoStream, At(0)),
    (Given::Nothing, StreamExists, MISSING),
    (Given::Nothing, StreamRevision(0), MISSING),
    (Given::Nothing, StreamRevision(5), MISSING),
    (Given::Three, Any, At(3)),
    (Given::Three, NoStream, HERE),
    (Given::Three, StreamExists, At(3)),
    (Given::Three, StreamRevision(0), HERE),
    (Given::Three, StreamRevision(1), HERE),
    (Given::Three, StreamRevision(2), At(3)),
    (Given::Three, StreamRevision(3), HERE),
    (Given::SoftDeleted, Any, At(3)),
    (Given::SoftDeleted, NoStream, At(3)),
    (Given::SoftDeleted, StreamExists, Deleted),
    (Given::SoftDeleted, StreamRevision(1), HERE),
    (Given::SoftDeleted, StreamRevision(2), At(3)),
    (Given::SoftDeleted, StreamRevision(3), HERE),
    (Given::Tombstoned, Any, Deleted),
    (Given::Tombstoned, NoStream, Deleted),
    (Given::Tombstoned, StreamExists, Deleted),
    (Given::Tombstoned, StreamRevision(2), Deleted),
];

#[tokio::test]
async fn every_row_of_the_table() {
    let server = Server::start();
    let client = server.client();
    for (given, state, wanted) in TABLE {
        let name = given.stream(&client).await;
        let result = append(&client, &name, *state, vec![event()]).await;
        assert_eq!(outcome(*state, result), *wanted, "{given:?}, {state:?}");
    }
}

/// Appends `count` events after two others, and then something else with the same expectation.
async fn again(then: impl FnOnce(&[Uuid]) -> Vec<EventData>) -> (Outcome, u64) {
    let server = Server::start();
    let client = server.client();
    let name = stream("repeated");
    append(&client, &name, NoStream, events(2)).await.unwrap();
    let ids: Vec<Uuid> = (0..3).map(|_| Uuid::new_v4()).collect();
    let state = StreamRevision(1);
    let first = append(&client, &name, state, ids.iter().copied().map(event_with).collect()).await.unwrap();
    let result = append(&client, &name, state, then(&ids)).await;
    if let Ok(second) = &result
        && second.next_expected_version == first.next_expected_version
    {
        assert_eq!(second.position, first.position, "a repetition is where the original is");
    }
    let outcome = outcome(state, result);
    let last = append(&client, &name, Any, vec![event()]).await.unwrap();
    (outcome, last.next_expected_version)
}

fn with(ids: &[Uuid]) -> Vec<EventData> {
    ids.iter().copied().map(event_with).collect()
}

/// The second number is the revision of one more event: nothing was written twice.
#[tokio::test]
async fn repetitions() {
    assert_eq!(again(with).await, (At(4), 5), "all of it");
    assert_eq!(again(|ids| with(&ids[..2])).await, (At(3), 5), "its beginning");
    assert_eq!(again(|ids| with(&ids[1..])).await, (Conflict(Current(4)), 5), "not its beginning");
    assert_eq!(again(|ids| with(&[ids[0], Uuid::new_v4()])).await, (Conflict(Current(4)), 5), "another end");
    let more = |ids: &[Uuid]| with(&[ids, &[Uuid::new_v4()]].concat());
    assert_eq!(again(more).await, (Conflict(Current(4)), 5), "more than it");
    let other = |ids: &[Uuid]| {
        let other = |id: &Uuid| EventData::binary("other", "other".into()).id(*id);
        ids.iter().map(other).collect()
    };
    assert_eq!(again(other).await, (At(4), 5), "what an event says does not matter");
}

#[tokio::test]
async fn an_expected_end_is_written_even_with_an_id_that_is_there() {
    let server = Server::start();
    let client = server.client();
    let name = stream("same");
    let id = Uuid::new_v4();
    for expected in [NoStream, StreamRevision(0), StreamRevision(1)] {
        append(&client, &name, expected, with(&[id])).await.unwrap();
    }
    let repeated = append(&client, &name, NoStream, with(&[id, id, id])).await;
    assert_eq!(outcome(NoStream, repeated), At(2));
}
