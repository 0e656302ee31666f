//! Process managers: durable conversations between streams, as deciders whose output is actions.

use std::{convert::Infallible, future::Future};

use crate::{
    codec::EventCodec,
    decider::Decider,
    event::Recorded,
    metadata::{Metadata, Timestamp},
    store::Cause,
    stream::Tenant,
};

/// What a process learns.
#[derive(Debug, Clone)]
pub enum Input<T, O> {
    /// An event of the log that concerns it.
    Event(Box<Recorded<T>>),
    /// What came of the actions it planned, in their order.
    Outcomes { time: Timestamp, outcomes: Vec<O> },
    /// Its deadline has passed.
    Deadline { time: Timestamp },
    /// A person asks it to try again what it parked.
    Retry { time: Timestamp },
}

/// A process manager. Its memory is its own stream, in its own category.
///
/// As a decider it turns what it learns into events of its own; an input that it has already taken gives none. What it
/// wants done next follows from its state alone:
///
/// 1. an input comes, `decide` gives events, `evolve` folds them;
/// 2. `plan` gives the actions that are due, all of them at once; they are carried out side by side;
/// 3. their outcomes are the next input, until nothing is due.
///
/// A crash between any two instructions leads back to what was recorded last, so every action MUST be idempotent: its
/// command either carries an id that derives from process and step, or is satisfied already when it comes again.
pub trait Process: Decider<Command = Input<Self::Trigger, Self::Outcome>, Rejection = Infallible> {
    /// The kinds of events it listens to; the others are not even decoded.
    const TRIGGERS: &'static [&'static str];

    type Trigger: EventCodec + Clone;
    type Action: Clone + Send + Sync + 'static;
    type Outcome: Clone + Send + Sync + 'static;

    /// The instance that an event concerns, as the id of its stream.
    fn route(event: &Recorded<Self::Trigger>) -> Option<String>;
    fn plan(state: &Self::State) -> Vec<Self::Action>;
    /// Whether an action that met this outcome, when it is carried out again, leads the process the same way, or to
    /// where everything done is undone. What rests on any other outcome waits until the outcome is on record, because
    /// another time it might be another one.
    fn is_settled(outcome: &Self::Outcome) -> bool;
    /// When the process wants to hear [`Input::Deadline`], if it waits for something that may never come.
    fn deadline(state: &Self::State) -> Option<Timestamp>;
}

/// The edge that carries out what a process plans.
pub trait Actions<P: Process>: Send + Sync + 'static {
    /// Carries one action out.
    ///
    /// What the action met is an outcome; an error means that nobody knows yet, and the runner plans it again later.
    fn carry_out(
        &self, tenant: &Tenant, action: &P::Action, cause: &Metadata,
    ) -> impl Future<Output = Result<P::Outcome, Cause>> + Send;
}
