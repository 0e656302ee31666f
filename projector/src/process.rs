//! Runs processes: reads the log, feeds each instance what concerns it, carries out what it plans, and records what
//! came of it.
//!
//! Inputs of one instance are taken one after another, different instances side by side. The checkpoint never passes an
//! input that is not yet recorded, so whatever a crash interrupts is fed again; what was done already is satisfied.
//!
//! Several workers share a process by the slices of its instances' streams. Two that work on one instance for a moment,
//! because one does not know yet that the other has taken over, do no harm: each records what it expects to be next in
//! the instance's stream, so only one of them does, and what they do carries the same ids.

mod agenda;
mod aside;
mod dispatch;
mod handle;
mod instance;
mod view_agenda;

use std::{sync::Arc, time::Duration};

use orderflow_engine::{
    Actions, Cause, EventStore, Input, Position, Process, ReadError, Slices, StreamName, Timestamp, Wanted,
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

pub use self::{
    agenda::{Agenda, AgendaError, Overdue},
    handle::{NotRetried, ProcessHandle},
    view_agenda::ViewAgenda,
};
use self::{
    dispatch::{Dispatch, Job, Place},
    handle::Request,
    instance::Instances,
};

/// The log is looked at so often even when nobody says that there is something new.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// And no more often than this, so that a busy log is read in larger pieces. After a pause it is read at once.
const PACE: Duration = Duration::from_millis(2);
/// Deadlines are looked for, and the checkpoint is saved, so often.
const TICK: Duration = Duration::from_millis(250);
/// And so many pieces of the list of deadlines are looked through at a time.
const LOOKS_AT_OVERDUE: usize = 8;
/// Events are considered in pages of this size.
const PAGE: usize = 2000;

/// What a runner needs besides its process.
pub struct ProcessOptions {
    pub clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// So many instances are worked on side by side.
    pub side_by_side: usize,
    /// The slices whose instances are worked on here; see [`Projector::held`](crate::Projector::held).
    pub slices: watch::Receiver<Slices>,
}

/// Starts the runner of process `P`. It stops soon after `shutdown`; what it was at is fed again next time.
pub async fn start_process<P: Process, S: EventStore>(
    store: S, actions: impl Actions<P>, agenda: impl Agenda, options: ProcessOptions, shutdown: CancellationToken,
) -> Result<(ProcessHandle, JoinHandle<()>), AgendaError> {
    let (requests, inbox) = mpsc::channel(64);
    let (moved, position) = watch::channel(Position::START);
    let (stuck, set_aside) = watch::channel(0);
    let held = options.slices.clone();
    let options = Arc::new(options);
    let instances = Arc::new(Instances::<P, S, _>::new(store.clone(), actions, Arc::clone(&options)));
    let (slices, through, saved) = (Slices::NONE, Position::START, None);
    let overdue = None;
    let mut runner = Runner { store, agenda, options, moved, stuck, held, slices, through, saved, overdue, shutdown };
    runner.take_share::<P>().await?;
    let task = tokio::spawn(runner.run(instances, inbox));
    Ok((ProcessHandle { requests, position, set_aside }, task))
}

struct Runner<S, G> {
    store: S,
    agenda: G,
    options: Arc<ProcessOptions>,
    moved: watch::Sender<Position>,
    stuck: watch::Sender<usize>,
    held: watch::Receiver<Slices>,
    /// The share that is worked on.
    slices: Slices,
    /// Every event up to here was considered.
    through: Position,
    /// What is kept for the share, as far as it is known.
    saved: Option<Position>,
    /// How far the list of deadlines was gone through; from its beginning when there is none.
    overdue: Option<Overdue>,
    shutdown: CancellationToken,
}

impl<S: EventStore, G: Agenda> Runner<S, G> {
    /// Works on one share after the other.
    async fn run<P: Process, A: Actions<P>>(
        mut self, instances: Arc<Instances<P, S, A>>, mut inbox: mpsc::Receiver<Request>,
    ) {
        loop {
            instances.begin();
            let dispatch = Dispatch::new(Arc::clone(&instances), self.options.side_by_side);
            let Ended::ShareChanged = self.work(dispatch, &mut inbox).await else { return };
            while let Err(error) = self.take_share::<P>().await {
                tracing::warn!(process = %P::CATEGORY, %error, "a share cannot be taken up; trying again");
                tokio::select! {
                    () = self.shutdown.cancelled() => return,
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        }
    }

    async fn take_share<P: Process>(&mut self) -> Result<(), AgendaError> {
        let slices = *self.held.borrow_and_update();
        let kept = self.agenda.checkpoint(P::CATEGORY.as_str(), slices).await?;
        let head = self.store.head().await.map_err(|error| AgendaError(Cause::new(error)))?;
        // A log that ends before it is another log, or an older copy: what is fed again is satisfied already. The old
        // place is overwritten at once, before this log grows beyond it and whoever comes next believes it.
        (self.through, self.saved) = if kept > head { (Position::START, None) } else { (kept, Some(kept)) };
        (self.slices, self.overdue) = (slices, None);
        Ok(())
    }

    async fn work<P: Process, A: Actions<P>>(
        &mut self, mut dispatch: Dispatch<P, S, A>, inbox: &mut mpsc::Receiver<Request>,
    ) -> Ended {
        let mut news = self.store.watch();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut look_at = Instant::now();
        let mut looked_at = look_at;
        let ended = loop {
            tokio::select! {
                () = self.shutdown.cancelled() => break Ended::Stopped,
                Ok(()) = self.held.changed() => break Ended::ShareChanged,
                () = dispatch.finished(), if dispatch.is_busy() => {}
                changed = news.changed(), if dispatch.has_room() => {
                    if changed.is_err() { break Ended::Stopped; }
                    look_at = look_at.min(Instant::now().max(looked_at + PACE));
                }
                () = due(look_at), if dispatch.has_room() && !self.slices.is_empty() => {
                    looked_at = Instant::now();
                    let head = *news.borrow();
                    look_at = match self.look::<P, A>(&mut dispatch, head).await {
                        Ok(Looked::Piece) => Instant::now(),
                        Ok(Looked::Everything) => looked_at + PACE,
                        Ok(Looked::UpToDate) => Instant::now() + LOOK_EVERY,
                        Err(error) => {
                            tracing::warn!(process = %P::CATEGORY, %error, "the log cannot be read; trying again");
                            Instant::now() + LOOK_EVERY
                        }
                    };
                }
                Some(request) = inbox.recv(), if dispatch.has_room() => {
                    let time = (self.options.clock)();
                    let stream = StreamName::new(&request.tenant, P::CATEGORY, &request.id);
                    let job = Job { stream, at: None, input: Input::Retry { time }, done: Some(request.done) };
                    dispatch.submit_unless_busy(job);
                }
                _ = ticks.tick() => self.tick::<P, A>(&mut dispatch).await,
            }
            self.moved.send_if_modified(|position| {
                let done = dispatch.done_through(self.through);
                std::mem::replace(position, done) != done
            });
            self.stuck.send_if_modified(|stuck| {
                let now = dispatch.set_aside();
                std::mem::replace(stuck, now) != now
            });
        };
        dispatch.drain().await;
        self.save::<P>(dispatch.done_through(self.through)).await;
        ended
    }

    /// Reads one page of the log, which goes up to `head` as far as is known, and hands out what it holds.
    async fn look<P: Process, A: Actions<P>>(
        &mut self, dispatch: &mut Dispatch<P, S, A>, head: Position,
    ) -> Result<Looked, ReadError> {
        let page = self.store.read_all(self.through, PAGE, &Wanted::kinds(P::TRIGGERS)).await?;
        let mut before = self.through;
        for raw in &page.events {
            let place = Place { position: raw.position, before };
            before = raw.position;
            match raw.decode::<P::Trigger>() {
                Ok(event) => {
                    if let Some(id) = P::route(&event) {
                        let stream = StreamName::new(&raw.stream.tenant(), P::CATEGORY, id);
                        if self.slices.hold(&stream) {
                            let input = Input::Event(Box::new(event));
                            dispatch.submit(Job { stream, at: Some(place), input, done: None });
                        }
                    }
                }
                // The checkpoint stays below it, so that a program that can read it will.
                Err(error) => {
                    tracing::error!(process = %P::CATEGORY, stream = %raw.stream, position = %raw.position, %error,
                        "an event cannot be decoded and waits for a program that can");
                    dispatch.hold(place.before);
                }
            }
        }
        let looked = if page.through == self.through {
            Looked::UpToDate
        } else if page.through < head {
            Looked::Piece
        } else {
            Looked::Everything
        };
        self.through = page.through;
        Ok(looked)
    }

    async fn tick<P: Process, A: Actions<P>>(&mut self, dispatch: &mut Dispatch<P, S, A>) {
        dispatch.try_again();
        if let Err(error) = self.wake::<P, A>(dispatch).await {
            tracing::warn!(process = %P::CATEGORY, %error, "deadlines cannot be read; trying again");
        }
        self.save::<P>(dispatch.done_through(self.through)).await;
    }

    /// Goes through the instances whose deadline has come, from where it stopped last time: those of other workers and
    /// those that are at work already, however many and however long overdue, do not keep the others waiting.
    async fn wake<P: Process, A: Actions<P>>(&mut self, dispatch: &mut Dispatch<P, S, A>) -> Result<(), AgendaError> {
        let time = (self.options.clock)();
        for _ in 0..LOOKS_AT_OVERDUE {
            if !dispatch.has_room() {
                return Ok(());
            }
            let due = self.agenda.due(P::CATEGORY, time, self.overdue.as_ref()).await?;
            if due.is_empty() {
                self.overdue = None;
                return Ok(());
            }
            for overdue in due {
                if !dispatch.has_room() {
                    return Ok(());
                }
                if self.slices.hold(&overdue.stream) {
                    let (stream, input) = (overdue.stream.clone(), Input::Deadline { time });
                    dispatch.submit_unless_busy(Job { stream, at: None, input, done: None });
                }
                self.overdue = Some(overdue);
            }
        }
        Ok(())
    }

    async fn save<P: Process>(&mut self, done: Position) {
        // What was lost meanwhile is another worker's, which knows better where it stands.
        let slices = self.slices.both(*self.held.borrow());
        if self.saved == Some(done) || slices.is_empty() {
            return;
        }
        match self.agenda.set_checkpoint(P::CATEGORY.as_str(), slices, done).await {
            Ok(()) => self.saved = Some(done),
            // Costs time after a restart, nothing else.
            Err(error) => tracing::warn!(process = %P::CATEGORY, %error, "the checkpoint cannot be saved"),
        }
    }
}

/// At once when it is time already: a timer would round up to its next tick.
async fn due(at: Instant) {
    if at > Instant::now() {
        tokio::time::sleep_until(at).await;
    }
}

/// Why the work on a share has ended.
enum Ended {
    Stopped,
    ShareChanged,
}

enum Looked {
    /// There was more already when the page was asked for.
    Piece,
    /// All there was when it was asked for; on a busy log there is more by now.
    Everything,
    UpToDate,
}
