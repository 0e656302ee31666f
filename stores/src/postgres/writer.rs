//! The one task that writes: it takes whatever waits, has it committed as a group, and answers.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use orderflow_engine::{Append, AppendError, Cause, Snapshot, StreamName, Ticket, store::Completer};
use tokio::sync::{mpsc, oneshot};

use super::{
    backoff::{Backoff, jittered},
    group::Answer,
    head::Head,
    health::Health,
    session::{Failed, Session},
};

/// What one look into the queue takes.
const MAX_REQUESTS: usize = 1024;
/// A group ends when it holds so much, whatever still waits.
const MAX_EVENTS: usize = 4096;
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// How long a group waits for those who were answered with the last one.
const GATHERING: Duration = Duration::from_micros(300);
/// How often an idle writer looks whether the server is there, so that its health is known before somebody appends.
const IDLE_LOOK: Duration = Duration::from_secs(2);
/// Between attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(super) enum Request {
    /// With the ticket of the append that it rests on.
    Append(Append, Option<Ticket>, Completer),
    Snapshot(StreamName, Snapshot),
    Close(oneshot::Sender<()>),
}

pub(super) struct Writer {
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) session: Session,
    pub(super) head: Arc<Head>,
    pub(super) health: Arc<Health>,
    pub(super) patience: Patience,
}

/// How long a group is tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// While it is certain that nothing of it was written.
    pub(super) untouched: Duration,
    /// Once that is not certain.
    pub(super) in_doubt: Duration,
}

/// An append of a group.
pub(super) struct Queued {
    pub(super) append: Append,
    /// It comes to nothing if the append of its stream before it in the group does.
    pub(super) rests_on_last: bool,
}

/// What is written together.
#[derive(Default)]
struct Group {
    appends: Vec<Queued>,
    asked: Vec<Completer>,
    snapshots: HashMap<StreamName, Snapshot>,
}

impl Writer {
    /// Until the last sender is gone or somebody closes the store.
    pub(super) async fn run(mut self) {
        let mut waiting = Vec::with_capacity(MAX_REQUESTS);
        let mut closing = Vec::new();
        let mut appends = 0;
        loop {
            let idle = tokio::time::timeout(jittered(IDLE_LOOK), self.requests.recv_many(&mut waiting, MAX_REQUESTS));
            match idle.await {
                Ok(0) => break,
                Ok(_) => {}
                Err(_) => {
                    self.look().await;
                    continue;
                }
            }
            self.gather(&mut waiting, appends).await;
            appends = waiting.len();
            let mut queue = waiting.drain(..);
            while queue.len() > 0 {
                let group = Group::take(&mut queue, &mut closing);
                self.write(group).await;
            }
            if !closing.is_empty() {
                self.requests.close();
            }
        }
        self.session.close().await;
        self.health.close();
        drop(closing);
    }

    /// Those who were answered together come back together, each after a few microseconds: a group that did not wait
    /// for them would be small, and they would wait for a whole commit.
    async fn gather(&mut self, waiting: &mut Vec<Request>, expected: usize) {
        let expected = expected.min(MAX_REQUESTS);
        let until = Instant::now() + GATHERING;
        while waiting.len() < expected && Instant::now() < until {
            match self.requests.try_recv() {
                Ok(request) => waiting.push(request),
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }

    async fn look(&mut self) {
        match self.session.look().await {
            Ok(()) => self.health.serving(),
            Err(error) => self.health.failing(&Cause::new(error)),
        }
    }

    async fn write(&mut self, group: Group) {
        let Group { appends, asked, snapshots } = group;
        if !snapshots.is_empty()
            && let Err(error) = self.session.save(&snapshots).await
        {
            tracing::debug!(%error, "snapshots were not saved");
        }
        if appends.is_empty() {
            return;
        }
        let decided = match self.decide(&appends).await {
            Ok(answer) => answer
                .decide(appends.iter().map(|queued| &queued.append))
                .map_err(|misfit| AppendError::Indeterminate(Cause::new(misfit))),
            Err(error) => Err(error),
        };
        match decided {
            Ok((decisions, last)) => {
                self.health.serving();
                for (completer, decision) in asked.into_iter().zip(decisions) {
                    completer.complete(decision);
                }
                self.head.raise(last);
            }
            Err(error) => {
                if let AppendError::Unavailable(cause) | AppendError::Indeterminate(cause) = &error {
                    self.health.failing(cause);
                }
                for completer in asked {
                    completer.complete(Err(error.clone()));
                }
            }
        }
    }

    /// Has the group written, or finds out that it was. Nothing else is sent meanwhile.
    async fn decide(&mut self, appends: &[Queued]) -> Result<Answer, AppendError> {
        self.session.begin();
        let began = Instant::now();
        // While it is known that the server cannot be reached, nobody is kept waiting for it.
        let untouched = if self.health.is_serving() { self.patience.untouched } else { Duration::ZERO };
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut in_doubt = false;
        loop {
            let cause = match self.session.append(appends).await {
                Ok(answer) => return Ok(answer),
                // Before the server forgot the writer, it may have carried out an earlier attempt.
                Err(Failed::UnknownWriter(error)) if in_doubt => {
                    return Err(AppendError::Indeterminate(Cause::new(error)));
                }
                Err(Failed::UnknownWriter(error)) => Cause::new(error),
                Err(Failed::Undone(error)) if !in_doubt => return Err(AppendError::Unavailable(Cause::new(error))),
                Err(Failed::Undone(error) | Failed::Unsent(error)) => Cause::new(error),
                Err(Failed::Doubt(error)) => {
                    in_doubt = true;
                    Cause::new(error)
                }
            };
            let pause = backoff.pause();
            let patience = if in_doubt { self.patience.in_doubt } else { untouched };
            if began.elapsed() + pause > patience {
                return Err(if in_doubt { AppendError::Indeterminate(cause) } else { AppendError::Unavailable(cause) });
            }
            self.health.failing(&cause);
            tokio::time::sleep(pause).await;
        }
    }
}

impl Group {
    /// Takes as much of `queue` as one call takes.
    fn take(queue: &mut impl Iterator<Item = Request>, closing: &mut Vec<oneshot::Sender<()>>) -> Self {
        let mut group = Self::default();
        let (mut events, mut bytes) = (0, 0);
        while events < MAX_EVENTS && bytes < MAX_BYTES {
            match queue.next() {
                Some(Request::Append(append, rests_on, completer)) => {
                    // All earlier groups are decided, so what is not is in this one.
                    if let Some(error) = rests_on.as_ref().and_then(|ticket| ticket.fails(append.expected)) {
                        completer.complete(Err(error));
                        continue;
                    }
                    events += append.events.len();
                    bytes += append.events.iter().map(|event| event.data.len() + append.metadata.len()).sum::<usize>();
                    let rests_on_last = rests_on.is_some_and(|ticket| ticket.peek().is_none());
                    group.appends.push(Queued { append, rests_on_last });
                    group.asked.push(completer);
                }
                Some(Request::Snapshot(stream, snapshot)) => {
                    bytes += snapshot.data.len();
                    group.snapshots.insert(stream, snapshot);
                }
                Some(Request::Close(done)) => closing.push(done),
                None => break,
            }
        }
        group
    }
}
