//! A counter that counts to a limit.

use chrono::DateTime;
use orderflow_engine::{
    Category, CommandId, Decider, Envelope, Fingerprint, FirstLook, Metadata, SnapshotPolicy, Version, event_codec,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) struct Counter;

pub(crate) const LIMIT: u64 = 1_000_000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Added {
    pub(crate) by: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CounterEvent {
    Added(Added),
}

event_codec! { CounterEvent { Added(Added) => "counter.added.v1" } }

#[derive(Debug, Clone)]
pub(crate) enum CounterCommand {
    Add(u64),
    /// A goal rather than a delta: satisfied when it is reached.
    Reach(u64),
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("it would count beyond its limit")]
pub(crate) struct BeyondLimit;

impl Decider for Counter {
    const CATEGORY: Category = Category::new("counter");
    const SNAPSHOT: Option<SnapshotPolicy> = Some(SnapshotPolicy { schema: 1, every: 10 });
    type Command = CounterCommand;
    type Event = CounterEvent;
    type State = u64;
    type Rejection = BeyondLimit;

    fn initial() -> u64 {
        0
    }

    fn evolve(count: u64, event: &CounterEvent) -> u64 {
        match event {
            CounterEvent::Added(added) => count + added.by,
        }
    }

    fn decide(count: &u64, command: &CounterCommand) -> Result<Vec<CounterEvent>, BeyondLimit> {
        let by = match command {
            CounterCommand::Add(by) => *by,
            CounterCommand::Reach(goal) => goal.saturating_sub(*count),
        };
        match by {
            0 => Ok(vec![]),
            by if count + by > LIMIT => Err(BeyondLimit),
            by => Ok(vec![CounterEvent::Added(Added { by })]),
        }
    }
}

/// A command that nobody repeats.
pub(crate) fn once(id: u128) -> Envelope {
    Envelope {
        metadata: Metadata::new(CommandId(Uuid::from_u128(id)), "tester"),
        time: DateTime::UNIX_EPOCH,
        if_version: None,
        first_look: FirstLook::Load,
    }
}

/// A command whose caller may send it again.
pub(crate) fn keyed(id: u128, payload: u128) -> Envelope {
    let mut envelope = once(id);
    envelope.metadata.fingerprint = Some(Fingerprint(Uuid::from_u128(payload)));
    envelope
}

/// A command that holds only for a stream at this version.
pub(crate) fn at(id: u128, version: u64) -> Envelope {
    Envelope { if_version: Some(Version(version)), ..once(id) }
}
