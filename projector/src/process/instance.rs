//! One instance of a process takes one input: decide, plan, carry out, record, until nothing is due.

use std::{convert::Infallible, sync::Arc, time::Duration};

use futures::future::try_join_all;
use orderflow_engine::{
    Actions, Append, Category, Cause, CommandId, EventCodec, EventStore, ExpectedVersion, Input, Metadata, NewEvent,
    Process, StreamName, Version, Writers, replay,
};
use quick_cache::sync::Cache;
use tokio::sync::watch;
use uuid::Uuid;

use super::ProcessOptions;

/// The states of so many instances are kept at hand.
const AT_HAND: usize = 20_000;
/// A process that still plans something after so many rounds of one input goes in circles.
const ROUNDS: u32 = 32;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// An instance that cannot go on is tried so often before it is set aside: that takes longer than most faults last.
pub(super) const ATTEMPTS: u32 = 10;

/// What has become of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fed {
    /// What came of it is recorded.
    Recorded,
    /// The runner stopped before that.
    Stopped,
    /// It failed too often.
    GaveUp,
}

pub(super) struct Instances<P: Process, S, A> {
    store: S,
    actions: A,
    options: Arc<ProcessOptions>,
    states: Cache<StreamName, Instance<P>>,
    stopped: watch::Sender<bool>,
}

struct Instance<P: Process> {
    state: P::State,
    version: Version,
}

impl<P: Process> Clone for Instance<P> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), version: self.version }
    }
}

impl<P: Process, S: EventStore, A: Actions<P>> Instances<P, S, A> {
    pub(super) fn new(store: S, actions: A, options: Arc<ProcessOptions>) -> Self {
        Self { store, actions, options, states: Cache::new(AT_HAND), stopped: watch::Sender::new(false) }
    }

    /// A new share of the instances: what is remembered may have moved on elsewhere.
    pub(super) fn begin(&self) {
        self.states.clear();
        self.stopped.send_replace(false);
    }

    /// Whatever fails from now on is not tried again.
    pub(super) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// Feeds an instance one input until what came of it is recorded, or so many attempts have failed.
    pub(super) async fn feed(&self, stream: &StreamName, input: &Input<P::Trigger, P::Outcome>, attempts: u32) -> Fed {
        let mut stopped = self.stopped.subscribe();
        let mut pause = FIRST_PAUSE;
        for left in (0..attempts).rev() {
            let Err(error) = self.try_feed(stream, input).await else { return Fed::Recorded };
            self.states.remove(stream);
            if *stopped.borrow() {
                return Fed::Stopped;
            }
            tracing::warn!(%stream, %error, attempts_left = left, "a process cannot go on");
            if left == 0 {
                break;
            }
            let jitter = Duration::from_micros(stream.as_str().bytes().map(u64::from).sum::<u64>() % 10_000);
            tokio::select! {
                () = tokio::time::sleep(pause + jitter) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return Fed::Stopped,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Fed::GaveUp
    }

    /// An append shows by its conflict that the state at hand is old. What comes to nothing does not, so the end of the
    /// stream is looked at before that is taken for an answer.
    async fn try_feed(&self, stream: &StreamName, input: &Input<P::Trigger, P::Outcome>) -> Result<(), Cause> {
        if let Some(at_hand) = self.states.get(stream) {
            let version = at_hand.version;
            let fed = self.rounds(stream, at_hand, input.clone()).await?;
            if fed.version != version || !self.has_grown(stream, version).await? {
                self.keep(stream, fed);
                return Ok(());
            }
        }
        let replayed = replay::<P>(&self.store, stream, |_| true).await.map_err(Cause::new)?;
        let instance = Instance { state: replayed.state, version: replayed.version };
        let fed = self.rounds(stream, instance, input.clone()).await?;
        self.keep(stream, fed);
        Ok(())
    }

    async fn has_grown(&self, stream: &StreamName, version: Version) -> Result<bool, Cause> {
        match self.store.writers() {
            Writers::One => Ok(false),
            Writers::Several => {
                let later = self.store.read_stream(stream, version, 1).await.map_err(Cause::new)?;
                Ok(!later.is_empty())
            }
        }
    }

    /// Only what is worked on here is kept at hand: others move on without anybody here being told.
    fn keep(&self, stream: &StreamName, instance: Instance<P>) {
        if self.options.slices.borrow().hold(stream) {
            self.states.insert(stream.clone(), instance);
        } else {
            self.states.remove(stream);
        }
    }

    /// Rounds of decide, plan and carry out, until nothing is due.
    ///
    /// What an outcome led to is recorded before anything is done that rests on it, if another time it might be another
    /// one. What follows from the input, or from settled outcomes, is recorded at the end: it comes again.
    async fn rounds(
        &self, stream: &StreamName, instance: Instance<P>, input: Input<P::Trigger, P::Outcome>,
    ) -> Result<Instance<P>, Cause> {
        let Instance { mut state, mut version } = instance;
        let cause = cause::<P>(&input)?;
        let tenant = stream.tenant();
        let mut unrecorded: Vec<P::Event> = Vec::new();
        // An instance that was interrupted finishes what it was at before it takes anything new.
        let mut new = Some(input);
        let mut came_of: Option<Input<P::Trigger, P::Outcome>> = None;
        for _ in 0..ROUNDS {
            let taken = came_of.take().or_else(|| if P::plan(&state).is_empty() { new.take() } else { None });
            if let Some(taken) = &taken {
                let decided = decided::<P>(&state, taken);
                state = decided.iter().fold(state, P::evolve);
                unrecorded.extend(decided);
            }
            let actions = P::plan(&state);
            let quiet = actions.is_empty() && new.is_none();
            if quiet || !taken.as_ref().is_none_or(is_settled::<P>) {
                let recorded = unrecorded.len();
                self.record(stream, version, std::mem::take(&mut unrecorded), &cause).await?;
                version = version.plus(recorded);
            }
            if quiet {
                return Ok(Instance { state, version });
            }
            if actions.is_empty() {
                continue;
            }
            let step = step(stream, version.plus(unrecorded.len()));
            let carried_out = (0..).zip(&actions).map(|(index, action)| {
                let metadata = cause.metadata(P::CATEGORY, CommandId(step.event_id(index)));
                let tenant = &tenant;
                async move { self.actions.carry_out(tenant, action, &metadata).await }
            });
            let outcomes = try_join_all(carried_out).await?;
            came_of = Some(Input::Outcomes { time: (self.options.clock)(), outcomes });
        }
        Err(Cause::new(format!("it still plans something after {ROUNDS} rounds")))
    }

    async fn record(
        &self, stream: &StreamName, version: Version, events: Vec<P::Event>, cause: &Causation,
    ) -> Result<(), Cause> {
        if events.is_empty() {
            return Ok(());
        }
        let metadata = cause.metadata(P::CATEGORY, step(stream, version));
        let encode = |event: &P::Event| NewEvent { kind: event.kind(), data: event.encode().into() };
        let append = Append {
            stream: stream.clone(),
            expected: ExpectedVersion::at(version),
            events: events.iter().map(encode).collect(),
            metadata: serde_json::to_vec(&metadata).map_err(Cause::new)?.into(),
            time: (self.options.clock)(),
        };
        let ticket = self.store.submit(append).await;
        ticket.wait().await.map_err(Cause::new)?;
        Ok(())
    }
}

/// The event behind an input, if there is one.
struct Causation(Option<(Metadata, Uuid)>);

impl Causation {
    fn metadata(&self, process: Category, command: CommandId) -> Metadata {
        match &self.0 {
            Some((metadata, event)) => metadata.caused(command, *event, process.as_str()),
            None => Metadata::new(command, process.as_str()),
        }
    }
}

fn cause<P: Process>(input: &Input<P::Trigger, P::Outcome>) -> Result<Causation, Cause> {
    match input {
        Input::Event(event) => Ok(Causation(Some((event.metadata().map_err(Cause::new)?, event.id())))),
        Input::Outcomes { .. } | Input::Deadline { .. } | Input::Retry { .. } => Ok(Causation(None)),
    }
}

fn is_settled<P: Process>(input: &Input<P::Trigger, P::Outcome>) -> bool {
    match input {
        Input::Outcomes { outcomes, .. } => outcomes.iter().all(P::is_settled),
        // A deadline or a wish does not come again by itself once the process has moved on.
        Input::Deadline { .. } | Input::Retry { .. } => false,
        Input::Event(_) => true,
    }
}

/// What a process does at a version has the same id whenever it does it.
fn step(stream: &StreamName, version: Version) -> CommandId {
    CommandId(stream.event_id(version.plus(1)))
}

fn decided<P: Process>(state: &P::State, input: &Input<P::Trigger, P::Outcome>) -> Vec<P::Event> {
    let decided: Result<_, Infallible> = P::decide(state, input);
    match decided {
        Ok(events) => events,
        Err(never) => match never {},
    }
}
