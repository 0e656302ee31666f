//! Hands inputs to instances: one after another for each, side by side for different ones, and knows what is finished.

use std::{
    collections::{BTreeMap, HashMap, VecDeque, hash_map::Entry},
    sync::Arc,
};

use orderflow_engine::{Actions, EventStore, Input, Position, Process, StreamName};
use tokio::{sync::oneshot, task::JoinSet};

use super::instance::Instances;

/// So many inputs may wait for each instance that is worked on, on average, before the log is read no further.
const WAITING_PER_INSTANCE: usize = 8;

pub(super) struct Job<P: Process> {
    pub(super) stream: StreamName,
    /// The place of the event, when the input is one.
    pub(super) at: Option<Place>,
    pub(super) input: Input<P::Trigger, P::Outcome>,
    pub(super) done: Option<oneshot::Sender<()>>,
}

/// Where an event stands, and the last position before it that the log was read up to: positions may be sparse, so one
/// less than its own need not be a place to begin from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) position: Position,
    pub(super) before: Position,
}

struct Unfinished {
    inputs: usize,
    before: Position,
}

struct Finished {
    stream: StreamName,
    at: Option<Place>,
    done: Option<oneshot::Sender<()>>,
}

pub(super) struct Dispatch<P: Process, S, A> {
    instances: Arc<Instances<P, S, A>>,
    side_by_side: usize,
    running: JoinSet<Finished>,
    /// Instances that are worked on or wait to be, and the inputs that wait for each, in order.
    busy: HashMap<StreamName, VecDeque<Job<P>>>,
    /// The instances that nobody works on yet.
    waiting: VecDeque<StreamName>,
    /// The events that were handed in and are not finished, by position.
    unfinished: BTreeMap<Position, Unfinished>,
    /// What comes before the first event that could not be decoded.
    held: Option<Position>,
}

impl<P: Process, S: EventStore, A: Actions<P>> Dispatch<P, S, A> {
    pub(super) fn new(instances: Arc<Instances<P, S, A>>, side_by_side: usize) -> Self {
        Self {
            instances,
            side_by_side,
            running: JoinSet::new(),
            busy: HashMap::new(),
            waiting: VecDeque::new(),
            unfinished: BTreeMap::new(),
            held: None,
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        let most = self.side_by_side * WAITING_PER_INSTANCE;
        self.unfinished.len() < most && self.waiting.len() < most
    }

    pub(super) fn submit(&mut self, job: Job<P>) {
        if let Some(Place { position, before }) = job.at {
            self.unfinished.entry(position).or_insert(Unfinished { inputs: 0, before }).inputs += 1;
        }
        let stream = job.stream.clone();
        match self.busy.entry(stream.clone()) {
            Entry::Occupied(mut queue) => queue.get_mut().push_back(job),
            Entry::Vacant(none) => {
                none.insert(VecDeque::from([job]));
                if self.running.len() < self.side_by_side {
                    self.start(&stream);
                } else {
                    self.waiting.push_back(stream);
                }
            }
        }
    }

    /// For inputs that come again, from the clock or from a person; whoever waits for the end of one is told that it
    /// was not taken.
    pub(super) fn submit_unless_busy(&mut self, job: Job<P>) {
        if !self.busy.contains_key(&job.stream) {
            self.submit(job);
        }
    }

    /// Keeps the checkpoint at a position for as long as this program runs.
    pub(super) fn hold(&mut self, before: Position) {
        self.held.get_or_insert(before);
    }

    /// The position up to which nothing is unfinished, when the log was considered up to `through`.
    pub(super) fn done_through(&self, through: Position) -> Position {
        let first = self.unfinished.values().next().map(|first| first.before);
        first.into_iter().chain(self.held).min().unwrap_or(through)
    }

    /// Waits for one input to be finished, and starts what waited for it.
    pub(super) async fn finished(&mut self) {
        let Some(joined) = self.running.join_next().await else { return };
        self.finish(joined.expect("an instance's work does not panic"));
        while self.running.len() < self.side_by_side {
            let Some(stream) = self.waiting.pop_front() else { break };
            self.start(&stream);
        }
    }

    /// Lets what is running come to its end; what waits is fed again another time.
    pub(super) async fn drain(&mut self) {
        self.instances.stop();
        self.waiting.clear();
        self.busy.values_mut().for_each(VecDeque::clear);
        while let Some(joined) = self.running.join_next().await {
            self.finish(joined.expect("an instance's work does not panic"));
        }
    }

    /// Works on the next input of an instance; one that has none is no longer busy.
    fn start(&mut self, stream: &StreamName) {
        let Some(job) = self.busy.get_mut(stream).and_then(VecDeque::pop_front) else {
            self.busy.remove(stream);
            return;
        };
        let instances = Arc::clone(&self.instances);
        self.running.spawn(async move {
            let Job { stream, at, input, done } = job;
            let fed = instances.feed(&stream, input).await;
            Finished { stream, at: at.filter(|_| fed), done: done.filter(|_| fed) }
        });
    }

    fn finish(&mut self, finished: Finished) {
        if let Some(Place { position, .. }) = finished.at
            && let Some(unfinished) = self.unfinished.get_mut(&position)
        {
            unfinished.inputs -= 1;
            if unfinished.inputs == 0 {
                self.unfinished.remove(&position);
            }
        }
        if let Some(done) = finished.done {
            // Whoever asked may have gone.
            let _ = done.send(());
        }
        self.start(&finished.stream);
    }
}
