//! The decider: an aggregate as three pure functions.

use serde::{Serialize, de::DeserializeOwned};

use crate::{codec::EventCodec, stream::Category};

/// How often a stream's state is saved so that loading need not replay it from its first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotPolicy {
    /// Raised whenever the meaning or shape of the state changes; snapshots of another schema are ignored.
    pub schema: u32,
    /// A snapshot is saved each time the stream has grown by this many events.
    pub every: u64,
}

/// The rules of one kind of aggregate.
///
/// - `evolve` has no rules and MUST NOT fail or panic on any sequence of events that `decide` can have produced.
/// - `decide` has no effects: no clock, no randomness, no I/O. Facts that it lacks arrive in the command.
/// - An intention that is already satisfied MUST give no events, so that a repeat has no effect.
pub trait Decider: Send + Sync + 'static {
    const CATEGORY: Category;
    const SNAPSHOT: Option<SnapshotPolicy> = None;

    type Command: Send + Sync;
    type Event: EventCodec + Clone;
    type State: Clone + Send + Sync + Serialize + DeserializeOwned;
    /// A refusal: a value, not a fault.
    type Rejection: std::error::Error + Send + Sync + 'static;

    fn initial() -> Self::State;
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;
    /// The command is borrowed because a lost race decides it again.
    fn decide(state: &Self::State, command: &Self::Command) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The state after all of `events`, from `initial`.
    fn fold<'a>(events: impl IntoIterator<Item = &'a Self::Event>) -> Self::State {
        events.into_iter().fold(Self::initial(), Self::evolve)
    }
}
