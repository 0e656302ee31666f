//! Building views anew beside those that serve.
//!
//! A pass reads the log once for all its views and folds as much as memory allows before it writes. Views never get
//! ahead of the generation they are to replace, so that the two can be compared, and positions never go back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use orderflow_engine::{EventCodec, EventReader, Position, Projection, Slices, View, projection::Key};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::{
    backoff::Backoff,
    feed::{Feed, Limit},
    meter::Meter,
    prepared::Prepared,
    route::{Parked, Route, Span},
    state::{Build, Shared, Upkeep, parked},
    target::{
        Activity, Checkpoints, Comparison, Digest, Fit, Generation, Reservation, Reserve, Stored, Swept, Target,
        TargetError, WriteError,
    },
    trouble::Trouble,
};

/// How often a pass follows the log with nobody waiting before it makes the live worker wait for the rest.
const ROUNDS: u32 = 10;

/// Whether the rows built must equal the rows that serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    NotAsked,
    Equal,
    /// The rows that served were of another version of the view, so there was nothing to compare with.
    Incomparable,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuiltView {
    pub view: &'static str,
    pub generation: Generation,
    pub position: Position,
    pub rows: u64,
    pub verified: Verified,
}

/// What a pass has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildReport {
    pub views: Vec<RebuiltView>,
    /// Events read since the pass began or was resumed.
    pub events: u64,
    pub took: Duration,
}

/// A rebuild that fails so many times in a row is given up.
const ATTEMPTS: u32 = 20;

/// Why views were not rebuilt. What served before serves still.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RebuildError {
    #[error("there is no view '{name}': name one of those that `status` lists")]
    UnknownView { name: String },
    #[error(
        "the rebuilt '{view}' differs: {} rows instead of {}, beginning with the keys {sample:?}; \
         find out why, or rebuild without verifying", rebuilt.rows, serving.rows
    )]
    Differs { view: &'static str, serving: Digest, rebuilt: Digest, sample: Vec<Key> },
    #[error(
        "'{view}' serves in version {serving}, which a newer program has built, and this one knows version {known}: \
         leave it to that one, or stop it and delete the views to go back"
    )]
    Newer { view: &'static str, serving: u32, known: u32 },
    #[error(transparent)]
    Fenced(WriteError),
    #[error("it failed {ATTEMPTS} times in a row, so what was built was given up; mend this and try again: {reason}")]
    GivenUp { reason: String },
    #[error("the projector stopped first: the rebuild goes on when it is started again")]
    Stopped,
}

pub(crate) struct Rebuild<R, E: 'static> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reader: R,
    pub(crate) projections: &'static [Projection<E>],
    /// Places among the projections.
    pub(crate) views: Vec<usize>,
    pub(crate) verify: Verify,
    pub(crate) reason: Reason,
    pub(crate) shutdown: CancellationToken,
}

/// Why there is a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Somebody wants it.
    Asked,
    /// Views do not fit, or a pass was interrupted; where workers share the views, another one may do it first.
    Needed,
}

/// How often a worker looks whether another one has finished.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A view on its way.
struct Rising {
    index: usize,
    view: &'static View,
    generation: Generation,
    position: Position,
    parked: Parked,
    verified: Verified,
}

enum Failure {
    Again(String),
    Final(RebuildError),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Passing(reason) => Self::Again(reason),
            Trouble::Fenced(error) => Self::Final(RebuildError::Fenced(error)),
        }
    }
}

impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Self {
        Trouble::from(error).into()
    }
}

impl<R: EventReader, E: EventCodec> Rebuild<R, E> {
    pub(crate) async fn run(mut self) -> Result<RebuildReport, RebuildError> {
        let shared = Arc::clone(&self.shared);
        let shutdown = self.shutdown.clone();
        let alone = async {
            let turn = shared.rebuilding.lock().await;
            (turn, self.reserve().await)
        };
        let _only_one = tokio::select! {
            () = shutdown.cancelled() => return Err(RebuildError::Stopped),
            alone = alone => alone,
        };
        let started = Instant::now();
        let mut backoff = Backoff::new(&shared.options);
        let mut events = 0;
        let mut left = ATTEMPTS;
        let outcome = loop {
            match self.attempt(&mut events).await {
                Ok(views) => break Ok(RebuildReport { views, events, took: started.elapsed() }),
                Err(Failure::Final(error)) => break Err(error),
                Err(Failure::Again(reason)) if left == 0 => {
                    self.give_up().await;
                    break Err(RebuildError::GivenUp { reason });
                }
                Err(Failure::Again(reason)) => {
                    left -= 1;
                    let wait = backoff.next();
                    tracing::warn!(%reason, wait_ms = wait.as_millis() as u64, "a rebuild was interrupted");
                    tokio::select! {
                        () = self.shutdown.cancelled() => break Err(RebuildError::Stopped),
                        () = tokio::time::sleep(wait) => {}
                    }
                }
            }
        };
        shared.update(|views| {
            for index in &self.views {
                views.entries[*index].build = None;
            }
        });
        match &outcome {
            Ok(report) => tracing::info!(events = report.events, took_ms = report.took.as_millis() as u64, "rebuilt"),
            Err(RebuildError::Stopped) => {}
            Err(error) => tracing::error!(%error, "a rebuild failed"),
        }
        sweep(&shared, &self.shutdown).await;
        outcome
    }

    /// Waits until no other worker builds views, and leaves out those that one of them has built meanwhile.
    async fn reserve(&mut self) -> Reservation {
        loop {
            match self.try_to_reserve().await {
                Ok(Some(reservation)) => return reservation,
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "a rebuild cannot begin yet"),
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn try_to_reserve(&mut self) -> Result<Option<Reservation>, TargetError> {
        let shared = Arc::clone(&self.shared);
        let Some(reservation) = shared.target.reserve(Reserve::Rebuild).await? else { return Ok(None) };
        if shared.target.renew_every().is_some() {
            let _turn = shared.turn.lock().await;
            shared.take_stock().await?;
        }
        if self.reason == Reason::Needed {
            let mut needed = Vec::with_capacity(self.views.len());
            for index in &self.views {
                let (view, upkeep) = shared.see(|views| (views.entries[*index].view, views.entries[*index].upkeep));
                let building = shared.target.ensure(view).await?.building;
                let begun = building.is_some_and(|building| building.fit == Fit::Declared);
                match upkeep {
                    Upkeep::Rebuild => needed.push(*index),
                    Upkeep::Live if begun => needed.push(*index),
                    Upkeep::Live | Upkeep::StandBy => {}
                }
            }
            self.views = needed;
        }
        Ok(Some(reservation))
    }

    /// Frees what the views in the making take: it may be just that for which there is no room.
    async fn give_up(&self) {
        for index in &self.views {
            let view = self.projections[*index].view;
            let building = self.shared.target.ensure(view).await.ok().and_then(|stored| stored.building);
            if let Some(building) = building
                && let Err(error) = self.shared.target.abandon(view, building.generation).await
            {
                tracing::warn!(%error, view = view.name, "a view in the making is left where it is");
            }
        }
    }

    /// One attempt; whatever it has committed is found again by the next one.
    async fn attempt(&self, events: &mut u64) -> Result<Vec<RebuiltView>, Failure> {
        let mut rising = self.begin().await?;
        for round in 0..ROUNDS {
            let goals = self.goals(&rising).await?;
            self.round(&mut rising, &goals, events).await?;
            if round == 0 {
                for view in &rising {
                    self.shared.target.index(view.view, view.generation).await?;
                }
            }
            let goals = self.goals(&rising).await?;
            let behind = rising.iter().zip(&goals).map(|(view, goal)| goal.0.saturating_sub(view.position.0)).max();
            if behind.is_none_or(|behind| behind <= self.shared.options.page_events as u64) {
                break;
            }
        }
        let mut verify = self.verify;
        loop {
            let turn = self.shared.turn.lock().await;
            let standstill = self.shared.target.reserve(Reserve::Standstill).await?;
            let goals = self.goals(&rising).await?;
            self.round(&mut rising, &goals, events).await?;
            if verify == Verify::No {
                self.switch(&rising).await?;
                break;
            }
            let comparing = self.begin_comparing(&rising).await?;
            // Both generations are compared as they are now, so the live worker need not wait for the outcome.
            drop((turn, standstill));
            self.finish_comparing(&mut rising, comparing).await?;
            verify = Verify::No;
        }
        let mut rebuilt = Vec::with_capacity(rising.len());
        for view in rising {
            let Rising { view, generation, position, verified, .. } = view;
            let rows = self.shared.target.count(view, generation).await?;
            rebuilt.push(RebuiltView { view: view.name, generation, position, rows, verified });
        }
        Ok(rebuilt)
    }

    async fn begin(&self) -> Result<Vec<Rising>, Failure> {
        let mut rising = Vec::with_capacity(self.views.len());
        for index in &self.views {
            let view = self.projections[*index].view;
            let (upkeep, serving) = self.shared.see(|views| {
                let entry = &views.entries[*index];
                (entry.upkeep, entry.serving.version)
            });
            if upkeep == Upkeep::StandBy {
                return Err(Failure::Final(RebuildError::Newer { view: view.name, serving, known: view.version }));
            }
            let Stored { generation, checkpoints, .. } = self.shared.target.begin_build(view).await?;
            let position = checkpoints.least();
            let (parked, _) = parked(&self.shared.target, view, generation).await?;
            self.shared.update(|views| {
                views.entries[*index].build =
                    Some(Build { generation, position, goal: self.shared.head(), meter: Meter::default() });
            });
            rising.push(Rising { index: *index, view, generation, position, parked, verified: Verified::NotAsked });
        }
        Ok(rising)
    }

    /// How far each view is to be built: as far as what serves, or to the end of the log where that stands still.
    async fn goals(&self, rising: &[Rising]) -> Result<Vec<Position>, Failure> {
        let head = self.reader.head().await.map_err(Trouble::from)?;
        self.shared.saw_head(head);
        let mut goals = Vec::with_capacity(rising.len());
        for view in rising {
            let goal = match self.shared.see(|views| views.entries[view.index].upkeep) {
                Upkeep::Live => self.shared.target.ensure(view.view).await?.serving.checkpoints.greatest(),
                Upkeep::Rebuild | Upkeep::StandBy => head,
            };
            goals.push(goal.max(view.position));
        }
        self.shared.update(|views| {
            for (view, goal) in rising.iter().zip(&goals) {
                if let Some(build) = &mut views.entries[view.index].build {
                    build.goal = *goal;
                }
            }
        });
        Ok(goals)
    }

    /// Brings every view to its goal.
    async fn round(&self, rising: &mut [Rising], goals: &[Position], events: &mut u64) -> Result<(), Failure> {
        loop {
            let mut open: Vec<(&mut Rising, Span)> = rising
                .iter_mut()
                .zip(goals)
                .map(|(view, goal)| {
                    let span = Span { after: view.position, to: *goal };
                    (view, span)
                })
                .filter(|(_, span)| !span.is_done())
                .collect();
            if open.is_empty() {
                return Ok(());
            }
            let route = Arc::new(Route::new(
                open.iter().map(|(view, _)| (self.projections[view.index], Slices::ALL, Arc::clone(&view.parked))),
            ));
            let spans: Vec<Span> = open.iter().map(|(_, span)| *span).collect();
            // One batch is gathered while another is written.
            let limit = Limit::MemoryBytes(self.shared.options.rebuild_memory_bytes / 2);
            let mut feed = Feed::start(self.reader.clone(), Arc::clone(&route), spans, limit, &self.shared.options);
            let mut parks = false;
            loop {
                let batch = tokio::select! {
                    () = self.shutdown.cancelled() => return Err(Failure::Final(RebuildError::Stopped)),
                    batch = feed.next() => batch.transpose().map_err(Trouble::from)?,
                };
                let Some(batch) = batch else { break };
                parks = batch.parks();
                *events += batch.events;
                self.write(&mut open, batch).await?;
            }
            if !parks {
                // Nothing wanted lies between the last event and the goal.
                let mut rest = Prepared::new(&route);
                rest.through = open.iter().map(|(_, span)| span.to).max().unwrap_or_default();
                self.write(&mut open, rest).await?;
            }
        }
    }

    async fn write(&self, open: &mut [(&mut Rising, Span)], batch: Prepared) -> Result<(), Failure> {
        let through = batch.through;
        let mut together = Vec::with_capacity(open.len());
        let mut moved = Vec::with_capacity(open.len());
        for ((view, span), mut prepared) in open.iter_mut().zip(batch.views) {
            let (before, to) = (view.position, span.advanced(through).max(view.position));
            if !prepared.newly_parked.is_empty() {
                let streams = std::mem::take(&mut prepared.newly_parked);
                view.parked = Arc::new(view.parked.iter().cloned().chain(streams).collect());
            }
            let write = prepared.into_write(view.generation, Slices::ALL, before, to);
            if before == Position::START {
                self.shared.target.load(write).await.map_err(Trouble::from)?;
            } else {
                together.push(write);
            }
            moved.push((view.index, before, to));
        }
        if !together.is_empty() {
            self.shared.target.write(together).await.map_err(Trouble::from)?;
        }
        for ((view, _), (_, _, to)) in open.iter_mut().zip(&moved) {
            view.position = *to;
        }
        let now = Instant::now();
        self.shared.update(|views| {
            for (index, before, to) in moved {
                if let Some(build) = &mut views.entries[index].build {
                    build.position = to;
                    build.meter.moved(now, before, to);
                }
            }
        });
        Ok(())
    }

    /// Begins to compare what can be compared; returns once all comparisons have their instant.
    async fn begin_comparing(&self, rising: &[Rising]) -> Result<Vec<Option<Comparing>>, Failure> {
        let mut comparing = Vec::with_capacity(rising.len());
        let mut opened = Vec::with_capacity(rising.len());
        for view in rising {
            let serving = self.shared.target.ensure(view.view).await?.serving;
            if serving.fit == Fit::Outdated || serving.checkpoints.common() != Some(view.position) {
                comparing.push(None);
                continue;
            }
            let (open, is_open) = oneshot::channel();
            let (target, name, building) = (self.shared.target.clone(), view.view, view.generation);
            comparing.push(Some(tokio::spawn(async move {
                target.compare(name, serving.generation, building, open).await
            })));
            opened.push(is_open);
        }
        for is_open in opened {
            // When it is dropped instead, the comparison has failed and says so itself.
            let _ = is_open.await;
        }
        Ok(comparing)
    }

    async fn finish_comparing(&self, rising: &mut [Rising], comparing: Vec<Option<Comparing>>) -> Result<(), Failure> {
        let mut difference = None;
        for (view, comparing) in rising.iter_mut().zip(comparing) {
            view.verified = match comparing {
                None => Verified::Incomparable,
                Some(comparing) => {
                    let comparison = comparing.await.map_err(|stopped| Failure::Again(stopped.to_string()))??;
                    if !comparison.is_equal() && difference.is_none() {
                        let Comparison { serving, building: rebuilt, sample } = comparison;
                        difference = Some(RebuildError::Differs { view: view.view.name, serving, rebuilt, sample });
                    }
                    Verified::Equal
                }
            };
        }
        let Some(difference) = difference else { return Ok(()) };
        for view in rising {
            self.shared.target.abandon(view.view, view.generation).await?;
        }
        Err(Failure::Final(difference))
    }

    /// The live worker stands still meanwhile.
    async fn switch(&self, rising: &[Rising]) -> Result<(), Failure> {
        let switching = rising.iter().map(|view| (view.view, view.generation)).collect();
        self.shared.target.switch(switching).await?;
        let mut now = Vec::with_capacity(rising.len());
        for view in rising {
            // Looked up only after the switch is done, so a failure here must not undo what was done.
            now.push(parked(&self.shared.target, view.view, view.generation).await.map(|(_, events)| events));
        }
        self.shared.reshape(|views| {
            for (view, parked_events) in rising.iter().zip(now) {
                let entry = &mut views.entries[view.index];
                entry.serving = Stored {
                    generation: view.generation,
                    version: view.view.version,
                    fit: Fit::Declared,
                    checkpoints: Checkpoints::at(view.position),
                };
                entry.upkeep = Upkeep::Live;
                entry.parked = Arc::clone(&view.parked);
                entry.parked_events = parked_events.unwrap_or(view.parked.len() as u64);
                if entry.activity == Activity::Active {
                    entry.meter = Meter::default();
                }
            }
        });
        Ok(())
    }
}

type Comparing = tokio::task::JoinHandle<Result<Comparison, TargetError>>;

/// Removes what no longer serves, a little at a time.
pub(crate) async fn sweep(shared: &Shared, shutdown: &CancellationToken) {
    while !shutdown.is_cancelled() {
        match shared.target.sweep().await {
            Ok(Swept::More) => {}
            Ok(Swept::Everything) => return,
            Err(error) => {
                tracing::warn!(%error, "rows that no longer serve are left until the next start");
                return;
            }
        }
    }
}
