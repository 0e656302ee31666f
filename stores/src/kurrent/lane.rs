//! Appends of one stream go one after another, in the order of their submits; streams go side by side.
//!
//! Two calls on one connection may be carried out in any order, so a lane has one append on its way. What comes
//! meanwhile waits, and those that build on each other, each expecting the version that the one before it leaves, are
//! sent as one: a hot stream costs a call per batch and not one per append.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::FutureExt;
use orderflow_engine::store::Completer;
use orderflow_engine::{Append, AppendError, Appended, Cause, ExpectedVersion, StreamName, Ticket, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    append::{Outgoing, Sender},
    event,
    follow::Follower,
    link::Link,
    open::KurrentOptions,
};

/// No more than this is sent as one append, unless one caller's alone is larger: a fraction of what every server takes.
const MERGED_BYTES: usize = 256 * 1024;
const MERGED_EVENTS: usize = 500;
/// No server takes an event that is larger.
const EVENT_BYTES: usize = 16 * 1024 * 1024;

/// An append that waits for its turn, and who waits for it.
struct Waiting {
    append: Append,
    rests_on: Option<Ticket>,
    completer: Completer,
    _room: OwnedSemaphorePermit,
}

/// Clones share the lanes.
#[derive(Clone)]
pub(super) struct Lanes(Arc<Shared>);

struct Shared {
    sender: Sender,
    link: Link,
    follower: Follower,
    queue: u32,
    /// A permit for each append that may wait.
    room: Arc<Semaphore>,
    /// Streams that have a task at work, and what waits for it.
    lanes: Mutex<HashMap<StreamName, VecDeque<Waiting>>>,
}

impl Lanes {
    pub(super) fn new(link: Link, follower: Follower, options: &KurrentOptions) -> Self {
        let queue = u32::try_from(options.queue.max(1)).unwrap_or(u32::MAX >> 1);
        let room = Arc::new(Semaphore::new(queue as usize));
        let sender = Sender::new(link.clone(), options);
        Self(Arc::new(Shared { sender, link, follower, queue, room, lanes: Mutex::default() }))
    }

    pub(super) async fn submit(&self, append: Append, rests_on: Option<Ticket>) -> Ticket {
        if let Some(refusal) = refusal(&append) {
            return Ticket::decided(Err(AppendError::Unavailable(Cause::new(refusal))));
        }
        let Ok(room) = Arc::clone(&self.0.room).acquire_owned().await else {
            return Ticket::decided(Err(AppendError::Unavailable(Cause::new("the event store is closed"))));
        };
        let (completer, ticket) = Ticket::new();
        let waiting = Waiting { append, rests_on, completer, _room: room };
        match self.0.lanes().entry(waiting.append.stream.clone()) {
            Entry::Occupied(mut lane) => lane.get_mut().push_back(waiting),
            Entry::Vacant(place) => {
                let stream = place.key().clone();
                place.insert(VecDeque::from([waiting]));
                self.0.link.runtime().spawn(Arc::clone(&self.0).serve(stream));
            }
        }
        ticket
    }

    /// Waits until everything that waits is decided, and takes no more.
    pub(super) async fn close(&self) {
        // The semaphore is fair: this waits for all that came before. It keeps what it waited for until the semaphore
        // is closed, or who queued up behind it would be let in.
        let all = self.0.room.acquire_many(self.0.queue).await;
        self.0.room.close();
        drop(all);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.room.is_closed()
    }
}

/// Why no server would take the append, so that none need be asked.
fn refusal(append: &Append) -> Option<String> {
    if append.events.is_empty() {
        return Some("an append without events changes nothing".to_owned());
    }
    let largest = append.events.iter().map(|event| event.data.len() + append.metadata.len()).max().unwrap_or(0);
    let too_large = largest > EVENT_BYTES - 1024;
    too_large.then(|| format!("an event of {largest} bytes is too large for KurrentDB: append smaller events"))
}

impl Shared {
    fn lanes(&self) -> MutexGuard<'_, HashMap<StreamName, VecDeque<Waiting>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until nothing waits for the stream.
    async fn serve(self: Arc<Self>, stream: StreamName) {
        while let Some(run) = self.next(&stream) {
            // Those who wait for a run that panicked are told that its outcome is unknown; the lane goes on.
            if AssertUnwindSafe(self.decide(&stream, run)).catch_unwind().await.is_err() {
                tracing::error!(%stream, "an append to KurrentDB panicked");
            }
        }
    }

    /// Takes the next append and those that rest on it; ends the lane when there is none.
    fn next(&self, stream: &StreamName) -> Option<Vec<Waiting>> {
        let mut lanes = self.lanes();
        let lane = lanes.get_mut(stream)?;
        let first = loop {
            let Some(next) = lane.pop_front() else {
                lanes.remove(stream);
                return None;
            };
            // Were the stream by chance at the version that it expects, then with another writer's events.
            match next.rests_on.as_ref().and_then(|ticket| ticket.fails(next.append.expected)) {
                Some(error) => next.completer.complete(Err(error)),
                None => break next,
            }
        };
        let (mut bytes, mut events) = (event::size(&first.append), first.append.events.len());
        let mut leaves = leaves(&first.append);
        let mut run = vec![first];
        let fits = |left, next: &Waiting| {
            let failed = next.rests_on.as_ref().and_then(|ticket| ticket.fails(next.append.expected));
            failed.is_none() && builds_on(left, &next.append)
        };
        while let Some(next) = lane.front().filter(|next| fits(leaves, next)) {
            bytes += event::size(&next.append);
            events += next.append.events.len();
            if bytes > MERGED_BYTES || events > MERGED_EVENTS {
                break;
            }
            leaves = self::leaves(&next.append);
            run.extend(lane.pop_front());
        }
        Some(run)
    }

    async fn decide(&self, stream: &StreamName, run: Vec<Waiting>) {
        let (mut ids, mut events, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for Waiting { append, .. } in &run {
            for (id, event) in event::outgoing(append) {
                ids.push(id);
                events.push(event);
            }
            ends.push(events.len());
        }
        let outgoing = Outgoing { stream: stream.clone(), expected: run[0].append.expected, ids, events, ends };
        match self.sender.send(&outgoing).await {
            Ok(appended) => self.written(run, &appended),
            Err(error) => Self::failed(run, &error),
        }
    }

    fn written(&self, run: Vec<Waiting>, appended: &[Appended]) {
        for (waiting, appended) in run.into_iter().zip(appended) {
            waiting.completer.complete(Ok(*appended));
        }
        if let Some(last) = appended.last() {
            self.follower.raise(last.position);
        }
    }

    /// Nothing of the run was written, or that is unknown of all of it.
    fn failed(run: Vec<Waiting>, error: &AppendError) {
        for Waiting { append, completer, .. } in run {
            completer.complete(Err(match error {
                AppendError::Conflict { .. } => error.for_what_rests_on_it(append.expected),
                AppendError::Unavailable(_) | AppendError::Indeterminate(_) => error.clone(),
            }));
        }
    }
}

/// The version that an append leaves, if it says on which it rests.
fn leaves(append: &Append) -> Option<Version> {
    match append.expected {
        ExpectedVersion::NoStream => Some(Version::ZERO.plus(append.events.len())),
        ExpectedVersion::Exactly(version) => Some(version.plus(append.events.len())),
        ExpectedVersion::Any | ExpectedVersion::Exists => None,
    }
}

fn builds_on(left: Option<Version>, append: &Append) -> bool {
    left.is_some_and(|version| append.expected == ExpectedVersion::Exactly(version))
}
