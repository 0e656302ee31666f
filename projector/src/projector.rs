//! Starting a projector, and the handle by which it is watched and told what to do.

use std::{collections::HashSet, sync::Arc, time::Duration};

use orderflow_engine::{EventCodec, EventReader, Position, Projection, ReadError, Slices};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    options::Options,
    rebuild::{RebuildError, RebuildReport, Verify},
    retry::Retried,
    route::MAX_PROJECTIONS,
    state::{Entry, Shared, Upkeep},
    status::{ViewStatus, status},
    stock::Stock,
    supervisor::{Command, Supervisor},
    target::{Activity, AnyTarget, DeadLetter, Fit, Target, TargetError, WriteError},
};

/// Commands that wait to be carried out; whoever sends more waits too.
const COMMANDS: usize = 16;

/// Why a projector did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("'{view}' is declared twice: give each view its own name")]
    DeclaredTwice { view: &'static str },
    #[error("'{view}' wants events of kind '{kind}', which nothing writes: correct the projection")]
    UnknownKind { view: &'static str, kind: &'static str },
    #[error("{0} projections are too many for one projector: run several, with up to {MAX_PROJECTIONS} each")]
    TooMany(usize),
    #[error(
        "'{view}' stands at {position} but the log ends at {head}: the views were built from another log, \
         so give theirs or delete them and they are rebuilt"
    )]
    AheadOfLog { view: &'static str, position: Position, head: Position },
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Why something asked of a running projector was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ControlError {
    #[error("there is no view '{0}': name one of those that `status` lists")]
    UnknownView(String),
    #[error("the projector has stopped")]
    Stopped,
    #[error("it was not done, try again: {0}")]
    Failed(String),
}

/// The views did not reach a position in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the views are at {reached} and have not reached {wanted} yet: try again later")]
pub struct Lagging {
    pub wanted: Position,
    pub reached: Position,
}

/// Which views are meant.
#[derive(Debug, Clone, Copy)]
pub enum Selection<'a> {
    All,
    Named(&'a [&'a str]),
}

/// A running projector. Clones are handles on the same one; it stops by its token, not when they are dropped.
#[derive(Clone)]
pub struct Projector {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
}

impl Projector {
    /// Starts to keep the views of `projections` up to date with the log. The task ends after `shutdown`, or with an
    /// error when another projector writes the same views.
    pub async fn start<R: EventReader, E: EventCodec>(
        reader: R, target: impl Into<AnyTarget>, projections: &'static [Projection<E>], options: Options,
        shutdown: CancellationToken,
    ) -> Result<(Self, JoinHandle<Result<(), WriteError>>), StartError> {
        check(projections)?;
        let target = target.into();
        let most = target.events_at_once();
        let options = Options {
            page_events: options.page_events.min(most),
            batch_events: options.batch_events.min(most),
            ..options
        };
        let views: Vec<_> = projections.iter().map(|projection| projection.view).collect();
        let Stock { terms, kept } = Stock::first(&target, &views).await?;
        let mut entries = Vec::with_capacity(projections.len());
        let mut rebuild = Vec::new();
        for (index, (view, kept)) in views.into_iter().zip(&kept).enumerate() {
            let entry = Entry::load(&target, view, kept).await?;
            let was_building = kept.building.is_some_and(|building| building.fit == Fit::Declared);
            if was_building && entry.upkeep != Upkeep::StandBy {
                rebuild.push(index);
            }
            entries.push(entry);
        }
        // Looked up last: others may bring the views forward meanwhile.
        let head = reader.head().await?;
        for (index, entry) in entries.iter_mut().enumerate() {
            let (view, position) = (entry.view.name, entry.serving.checkpoints.greatest());
            if entry.serving.fit == Fit::Declared && position > head {
                if !target.is_cache() {
                    return Err(StartError::AheadOfLog { view, position, head });
                }
                tracing::warn!(view, %position, %head, "the cache was filled from another log: it is built anew");
                entry.upkeep = Upkeep::Rebuild;
            }
            if options.begins_anew(position, head) && entry.upkeep == Upkeep::Live {
                entry.upkeep = Upkeep::Rebuild;
            }
            if entry.upkeep == Upkeep::Rebuild && !rebuild.contains(&index) {
                rebuild.push(index);
            }
        }
        let shared = Arc::new(Shared::new(target, options, (entries, terms), reader.watch(), head));
        let (commands, received) = mpsc::channel(COMMANDS);
        let supervisor = Supervisor {
            shared: Arc::clone(&shared),
            reader,
            projections,
            commands: received,
            shutdown: shutdown.child_token(),
            rebuild,
        };
        let running = tokio::spawn(supervisor.run());
        Ok((Self { shared, commands }, running))
    }

    #[must_use]
    pub fn status(&self) -> Vec<ViewStatus> {
        status(&self.shared)
    }

    /// The position that every view has reached, paused ones left out.
    #[must_use]
    pub fn position(&self) -> watch::Receiver<Position> {
        self.shared.position()
    }

    /// The slices that this worker holds; all of them when it has no others to share with.
    #[must_use]
    pub fn held(&self) -> watch::Receiver<Slices> {
        self.shared.held()
    }

    /// Waits until every view, paused ones left out, has reached `position`.
    pub async fn wait_for(&self, position: Position, timeout: Duration) -> Result<(), Lagging> {
        let mut positions = self.shared.position();
        let reached = tokio::time::timeout(timeout, positions.wait_for(|reached| *reached >= position)).await;
        match reached {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Lagging { wanted: position, reached: *self.shared.position().borrow() }),
        }
    }

    /// Lets a view stand still, across restarts too, until it is resumed.
    pub async fn pause(&self, view: &str) -> Result<(), ControlError> {
        self.set_activity(view, Activity::Paused).await
    }

    pub async fn resume(&self, view: &str) -> Result<(), ControlError> {
        self.set_activity(view, Activity::Active).await
    }

    /// Builds views anew beside those that serve and switches to them. It goes on when the caller stops waiting.
    pub async fn rebuild(&self, views: Selection<'_>, verify: Verify) -> Result<RebuildReport, RebuildError> {
        let views = match views {
            Selection::All => (0..self.shared.see(|views| views.entries.len())).collect(),
            Selection::Named(names) => {
                let find = |name: &&str| {
                    self.index(name).ok_or_else(|| RebuildError::UnknownView { name: (*name).to_owned() })
                };
                let mut found = names.iter().map(find).collect::<Result<Vec<_>, _>>()?;
                found.sort_unstable();
                found.dedup();
                found
            }
        };
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(Command::Rebuild { views, verify, reply }).await;
        sent.map_err(|_| RebuildError::Stopped)?;
        answer.await.unwrap_or(Err(RebuildError::Stopped))
    }

    /// Up to `limit` parked events, in order of view, stream and version.
    pub async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, TargetError> {
        self.shared.target.dead_letters(limit).await
    }

    /// Tries all parked events again.
    pub async fn retry_dead_letters(&self) -> Result<Retried, ControlError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(Command::Retry { reply }).await.map_err(|_| ControlError::Stopped)?;
        answer.await.unwrap_or(Err(ControlError::Stopped))
    }

    async fn set_activity(&self, view: &str, activity: Activity) -> Result<(), ControlError> {
        let index = self.index(view).ok_or_else(|| ControlError::UnknownView(view.to_owned()))?;
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(Command::SetActivity { index, activity, reply }).await;
        sent.map_err(|_| ControlError::Stopped)?;
        answer.await.unwrap_or(Err(ControlError::Stopped))
    }

    fn index(&self, view: &str) -> Option<usize> {
        self.shared.see(|views| views.entries.iter().position(|entry| entry.view.name == view))
    }
}

fn check<E: EventCodec>(projections: &'static [Projection<E>]) -> Result<(), StartError> {
    if projections.len() > MAX_PROJECTIONS {
        return Err(StartError::TooMany(projections.len()));
    }
    let mut names = HashSet::new();
    for projection in projections {
        let view = projection.view.name;
        if !names.insert(view) {
            return Err(StartError::DeclaredTwice { view });
        }
        if let Some(kind) = projection.kinds.iter().find(|kind| !E::KINDS.contains(kind)) {
            return Err(StartError::UnknownKind { view, kind });
        }
    }
    Ok(())
}
