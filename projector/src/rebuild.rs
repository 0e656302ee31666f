//! Building views anew beside those that serve.
//!
//! A pass reads the log once for all its views and folds as much as memory allows before it writes. Views never get
//! ahead of the generation they are to replace, so that the two can be compared, and positions never go back.

mod attempt;
mod compare;
mod round;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use orderflow_engine::{EventCodec, EventReader, Position, Projection, View, projection::Key};
use tokio_util::sync::CancellationToken;

use crate::{
    backoff::Backoff,
    route::Parked,
    state::{Shared, Upkeep},
    target::{
        Checkpoints, Digest, Fit, Generation, Generations, Reservation, Reserve, Stored, Swept, Target, TargetError,
        WriteError,
    },
    trouble::Trouble,
};

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

/// A rebuild that fails so many times in a row, without having come forward in between, is given up.
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
    #[error(
        "'{view}' stands still behind what was built of it before, so the two cannot be compared and nothing was changed: \
         resume it and try again, or rebuild without verifying"
    )]
    NotVerified { view: &'static str },
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
    checkpoints: Checkpoints,
    parked: Parked,
    verified: Verified,
}

/// What a pass has done so far.
#[derive(Default)]
struct Done {
    events: u64,
    writes: u64,
    /// The last attempt has built something before it failed.
    came_forward: bool,
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
        let mut done = Done::default();
        let mut left = ATTEMPTS;
        let outcome = loop {
            let outcome = self.attempt(&mut done).await;
            if std::mem::take(&mut done.came_forward) {
                left = ATTEMPTS;
                backoff.reset();
            }
            match outcome {
                Ok(views) => break Ok(RebuildReport { views, events: done.events, took: started.elapsed() }),
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
        self.forget_strangers().await?;
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

    /// What is ahead of the log was made from another one, and so was what is being built beside it.
    async fn forget_strangers(&self) -> Result<(), TargetError> {
        if !self.shared.target.is_cache() {
            return Ok(());
        }
        let head = self.shared.head();
        for index in &self.views {
            let view = self.projections[*index].view;
            let Generations { serving, building, .. } = self.shared.target.ensure(view).await?;
            let ahead = |stored: &Stored| stored.checkpoints.greatest() > head;
            if let Some(building) = building.filter(|building| ahead(&serving) || ahead(building)) {
                self.shared.target.abandon(view, building.generation).await?;
            }
        }
        Ok(())
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
}

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
