//! Given / when / then for deciders, processes and projections.

use std::{collections::BTreeMap, fmt::Debug, marker::PhantomData};

use bytes::Bytes;

use crate::{
    decider::Decider,
    event::Recorded,
    metadata::{CommandId, Metadata, Timestamp},
    process::{Input, Process},
    projection::{Changes, Key, Projection, Rows, Value},
    stream::{Position, StreamName, Version},
};

/// Begins a test of decider `D`, whose stream already holds `events`.
pub fn given<D: Decider>(events: impl IntoIterator<Item = D::Event>) -> Given<D> {
    Given { state: D::fold(&events.into_iter().collect::<Vec<_>>()), decider: PhantomData }
}

pub struct Given<D: Decider> {
    state: D::State,
    decider: PhantomData<D>,
}

impl<D: Decider> Given<D> {
    pub fn when(self, command: D::Command) -> When<D> {
        When { verdict: D::decide(&self.state, &command), command, state: self.state }
    }
}

pub struct When<D: Decider> {
    state: D::State,
    command: D::Command,
    verdict: Result<Vec<D::Event>, D::Rejection>,
}

impl<D: Decider> When<D>
where
    D::Event: Debug + PartialEq,
    D::Rejection: Debug + PartialEq,
{
    /// These events are decided, and the same intention once more gives none.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = D::Event>) {
        let state = self.then_once(expected);
        assert_eq!(D::decide(&state, &self.command), Ok(vec![]), "the same intention once more");
    }

    /// These events are decided; the command is one whose repetition means more (a delta, not a goal). Gives the state
    /// after them.
    #[track_caller]
    pub fn then_once(&self, expected: impl IntoIterator<Item = D::Event>) -> D::State {
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(self.verdict, Ok(expected.clone()));
        expected.iter().fold(self.state.clone(), D::evolve)
    }

    #[track_caller]
    pub fn then_nothing(self) {
        assert_eq!(self.verdict, Ok(vec![]));
    }

    #[track_caller]
    pub fn then_rejected(self, expected: D::Rejection) {
        assert_eq!(self.verdict, Err(expected));
    }
}

/// Begins a test of process `P`, which already remembers `events`.
pub fn given_process<P: Process>(events: impl IntoIterator<Item = P::Event>) -> GivenProcess<P> {
    GivenProcess { state: P::fold(&events.into_iter().collect::<Vec<_>>()), decided: Vec::new() }
}

pub struct GivenProcess<P: Process> {
    state: P::State,
    decided: Vec<P::Event>,
}

impl<P: Process> GivenProcess<P> {
    #[must_use]
    pub fn when(self, input: Input<P::Trigger, P::Outcome>) -> Self {
        let decided = match P::decide(&self.state, &input) {
            Ok(events) => events,
            Err(never) => match never {},
        };
        Self { state: decided.iter().fold(self.state, P::evolve), decided }
    }
}

impl<P: Process> GivenProcess<P>
where
    P::Event: Debug + PartialEq,
    P::Action: Debug + PartialEq,
{
    #[track_caller]
    #[must_use]
    pub fn then(self, expected: impl IntoIterator<Item = P::Event>) -> Self {
        assert_eq!(self.decided, expected.into_iter().collect::<Vec<_>>());
        self
    }

    #[track_caller]
    #[must_use]
    pub fn then_plans(self, expected: impl IntoIterator<Item = P::Action>) -> Self {
        assert_eq!(P::plan(&self.state), expected.into_iter().collect::<Vec<_>>());
        self
    }

    #[track_caller]
    #[must_use]
    pub fn then_waits_until(self, expected: Option<Timestamp>) -> Self {
        assert_eq!(P::deadline(&self.state), expected);
        self
    }
}

/// An event as if it had been read from a log.
pub fn recorded<E>(position: u64, stream: StreamName, version: u64, time: Timestamp, event: E) -> Recorded<E> {
    let metadata = Metadata::new(CommandId(uuid::Uuid::nil()), "test");
    Recorded {
        position: Position(position),
        stream,
        version: Version(version),
        time,
        metadata: Bytes::from(serde_json::to_vec(&metadata).expect("metadata is plain JSON")),
        event,
    }
}

/// The rows a projection makes of `events`, by key.
///
/// # Panics
///
/// When the rows depend on how the events were cut into batches.
pub fn project<E>(projection: &Projection<E>, events: &[Recorded<E>]) -> BTreeMap<Key, Vec<Value>> {
    let mut at_once = BTreeMap::new();
    let mut changes = Changes::new(projection.view);
    let mut singly = BTreeMap::new();
    for event in events {
        let mut rows = Rows::default();
        (projection.project)(event, &mut rows);
        changes.push(rows.clone());
        let mut alone = Changes::new(projection.view);
        alone.push(rows);
        alone.apply(&mut singly);
    }
    changes.apply(&mut at_once);
    assert_eq!(at_once, singly, "the rows of '{}' depend on the batches", projection.view.name);
    at_once
}
