//! Hands inputs to instances: one after another for each, side by side for different ones, and knows what is finished.

use std::{
    collections::{BTreeMap, HashMap, VecDeque, btree_map, hash_map::Entry},
    sync::Arc,
};

use orderflow_engine::{Actions, EventStore, Input, Position, Process, StreamName};
use tokio::{sync::oneshot, task::JoinSet};

use super::{
    aside::Aside,
    instance::{ATTEMPTS, Fed, Instances},
};

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

struct Finished<P: Process> {
    job: Job<P>,
    fed: Fed,
}

pub(super) struct Dispatch<P: Process, S, A> {
    instances: Arc<Instances<P, S, A>>,
    side_by_side: usize,
    running: JoinSet<Finished<P>>,
    /// Instances that are worked on or wait to be, and the inputs that wait for each, in order.
    busy: HashMap<StreamName, VecDeque<Job<P>>>,
    /// The instances that nobody works on yet.
    waiting: VecDeque<StreamName>,
    /// The instances that cannot go on. They count as busy, so that their inputs stay in order.
    aside: Aside,
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
            aside: Aside::default(),
            unfinished: BTreeMap::new(),
            held: None,
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        let most = self.side_by_side * WAITING_PER_INSTANCE;
        let unfinished = self.unfinished.len().saturating_sub(self.aside.inputs());
        unfinished < most && self.waiting.len() < most && self.aside.has_room()
    }

    /// How many instances cannot go on.
    pub(super) fn set_aside(&self) -> usize {
        self.aside.len()
    }

    pub(super) fn submit(&mut self, job: Job<P>) {
        if let Some(Place { position, before }) = job.at {
            self.unfinished.entry(position).or_insert(Unfinished { inputs: 0, before }).inputs += 1;
        }
        let stream = job.stream.clone();
        match self.busy.entry(stream.clone()) {
            Entry::Occupied(mut queue) => {
                queue.get_mut().push_back(job);
                self.aside.queued(&stream);
            }
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
    /// was not taken. What a person asks for while the instance is set aside is that it is tried again now.
    pub(super) fn submit_unless_busy(&mut self, job: Job<P>) {
        if !self.busy.contains_key(&job.stream) {
            self.submit(job);
        } else if matches!(job.input, Input::Retry { .. }) {
            self.aside.hurry(&job.stream);
        }
    }

    /// Takes up those instances again that were set aside for long enough.
    pub(super) fn try_again(&mut self) {
        for stream in self.aside.due() {
            self.aside.take_up(&stream, self.busy.get(&stream).map_or(0, VecDeque::len));
            if self.running.len() < self.side_by_side {
                self.start(&stream);
            } else {
                self.waiting.push_back(stream);
            }
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
        let attempts = if self.aside.knows(stream) { 1 } else { ATTEMPTS };
        self.running.spawn(async move {
            let fed = instances.feed(&job.stream, &job.input, attempts).await;
            Finished { job, fed }
        });
    }

    fn finish(&mut self, finished: Finished<P>) {
        let Finished { job, fed } = finished;
        let stream = job.stream.clone();
        match fed {
            Fed::Recorded => {
                if let Some(Place { position, .. }) = job.at {
                    self.is_finished(position);
                }
                self.aside.forget(&stream);
                if let Some(done) = job.done {
                    // Whoever asked may have gone.
                    let _ = done.send(());
                }
                self.start(&stream);
            }
            Fed::Stopped => self.start(&stream),
            Fed::GaveUp => match job.input {
                // Whoever asked is told that it came to nothing, and may ask again.
                Input::Retry { .. } => self.start(&stream),
                Input::Event(_) | Input::Outcomes { .. } | Input::Deadline { .. } => {
                    let queue = self.busy.entry(stream.clone()).or_default();
                    queue.push_front(job);
                    self.aside.put(&stream, queue.len());
                }
            },
        }
    }

    fn is_finished(&mut self, position: Position) {
        if let btree_map::Entry::Occupied(mut unfinished) = self.unfinished.entry(position) {
            unfinished.get_mut().inputs -= 1;
            if unfinished.get().inputs == 0 {
                unfinished.remove();
            }
        }
    }
}
