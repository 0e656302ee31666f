//! The contract between the projector and the places where views are written.

mod checkpoints;
pub mod conformance;
mod dead_letter;
mod digest;
mod memory;
mod postgres;
mod redis;
mod reservation;
mod shape;
mod sqlite;
mod terms;

use std::{collections::BTreeMap, future::Future, time::Duration};

use orderflow_engine::{
    Cause, Position, Slices, StreamName, View,
    projection::{Changes, Key, Value},
};
use tokio::sync::oneshot;

pub use self::{
    checkpoints::Checkpoints,
    dead_letter::{DeadLetter, ParkedStream},
    digest::{Comparison, ContentHash, Digest},
    memory::MemoryTarget,
    postgres::{PostgresOpenError, PostgresOptions, PostgresTarget},
    redis::{OpenRedisError, Recent, RedisOptions, RedisTarget},
    reservation::{Reservation, Reserve},
    sqlite::{OpenError, SqliteTarget},
    terms::{Claim, Terms},
};

/// Which build of a view's rows: counted from 1, never used twice for rows that are still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Generation(pub u32);

/// Whether the rows were built for the view as it is declared today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    Declared,
    /// Another version or other columns: the rows can be read as they are, but not written any more.
    Outdated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    Active,
    Paused,
}

/// A generation of a view as the target keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    pub generation: Generation,
    pub version: u32,
    pub fit: Fit,
    pub checkpoints: Checkpoints,
}

/// All that a target keeps of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generations {
    pub serving: Stored,
    pub building: Option<Stored>,
    pub activity: Activity,
}

/// What one write does to one generation of a view.
#[derive(Debug)]
pub struct ViewWrite {
    pub view: &'static View,
    pub generation: Generation,
    /// The slices that it brings forward; `changes` come of their streams alone.
    pub slices: Slices,
    /// The checkpoint of each of them as the writer believes it to be.
    pub believed: Position,
    /// Their checkpoint afterwards.
    pub to: Position,
    pub changes: Changes,
    /// Events that could not be projected.
    pub parked: Vec<DeadLetter>,
    /// Streams whose parked events are part of `changes` and are parked no longer.
    pub settled: Vec<StreamName>,
}

/// Whether building generations serve now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switched {
    Done,
    /// Readers were in the way: nothing was changed, and a moment later they will have finished.
    Busy,
}

/// Whether there is more to sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    More,
    Everything,
}

/// A target could not do what it was asked to: nothing was changed, or it is unknown whether it was. Try again.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the target of the views failed: {0}")]
pub struct TargetError(#[source] pub Cause);

impl TargetError {
    pub(crate) fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(Cause::new(source))
    }
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// Nothing was written, and nothing may be written again by whoever believed this.
    #[error(
        "the checkpoint of '{view}' is not {believed} as believed, or no longer this projector's: another one writes it"
    )]
    Fenced { view: &'static str, believed: Position },
    #[error(transparent)]
    Target(#[from] TargetError),
}

/// Where views are written.
///
/// # Obligations
///
/// - [`write`](Self::write) MUST apply rows, dead letters and checkpoints of all its views in one transaction. When a
///   checkpoint is not what was believed, or when a slice of a view that serves is not held by this worker any more, it
///   MUST change nothing at all and answer [`WriteError::Fenced`].
/// - The rows after a write MUST be those that [`Changes::apply`] gives in memory.
/// - Whoever reads the rows of a view by its name, together with its checkpoints, MUST see rows of exactly those
///   positions, and MUST NOT ever find the view missing, during and after a [`switch`](Self::switch) included.
/// - What was acknowledged MAY be lost when the machine dies, but only from the end: rows and checkpoint MUST stay in
///   step.
/// - A clone MUST be the same target.
/// - A target that several workers write ([`renew_every`](Self::renew_every)) MUST NOT let two of them hold one slice
///   at a time, by its own clock and not by theirs.
pub trait Target: Clone + Send + Sync + 'static {
    /// How many events a batch of the live views is to be made of at most.
    fn events_at_once(&self) -> usize {
        usize::MAX
    }

    /// Whether it only holds copies for speed: then what does not belong to this log is replaced, and nobody is asked.
    fn is_cache(&self) -> bool {
        false
    }

    /// How often [`claim`](Self::claim) is to be called; `None` when there is only ever one worker, who holds all
    /// slices.
    fn renew_every(&self) -> Option<Duration> {
        None
    }

    /// Says that this worker is at work and what it asks for; answers what it holds from now on.
    fn claim(&self, _claim: Claim) -> impl Future<Output = Result<Terms, TargetError>> + Send {
        std::future::ready(Ok(Terms::all(0)))
    }

    /// Claims its share.
    fn renew(&self) -> impl Future<Output = Result<Slices, TargetError>> + Send {
        async { self.claim(Claim::Share).await.map(|terms| terms.slices()) }
    }

    /// Gives back all slices, so that others need not wait for them.
    fn resign(&self) -> impl Future<Output = Result<(), TargetError>> + Send {
        std::future::ready(Ok(()))
    }

    /// `None` when another worker has it and it is not one to wait for.
    fn reserve(&self, _what: Reserve) -> impl Future<Output = Result<Option<Reservation>, TargetError>> + Send {
        std::future::ready(Ok(Some(Reservation::alone())))
    }

    /// Looks a view up; one that is not there is created empty, serving, at position 0. MUST change nothing otherwise.
    fn ensure(&self, view: &'static View) -> impl Future<Output = Result<Generations, TargetError>> + Send;

    fn write(&self, batch: Vec<ViewWrite>) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// Writes the first rows of a building generation, which MUST be at position 0. Unlike a write it MAY take several
    /// transactions, so that others get their turn; the checkpoint comes last. After a failure, and after a crash,
    /// [`begin_build`](Self::begin_build) MUST be called again and empties the generation.
    fn load(&self, load: ViewWrite) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// Begins a generation beside the serving one, without secondary indexes; or finds the one that was begun before
    /// and still fits. One at position 0 MUST be empty; one that no longer fits MUST be given up for a new one.
    fn begin_build(&self, view: &'static View) -> impl Future<Output = Result<Stored, TargetError>> + Send;

    /// Adds what reading the building generation needs. MAY be called again.
    fn index(
        &self, view: &'static View, generation: Generation,
    ) -> impl Future<Output = Result<(), TargetError>> + Send;

    /// Makes building generations the serving ones, all in one transaction. The view's activity stays, the dead letters
    /// of the generations that served until now are gone, and their rows are left to [`sweep`](Self::sweep).
    fn switch(
        &self, views: Vec<(&'static View, Generation)>,
    ) -> impl Future<Output = Result<Switched, TargetError>> + Send;

    /// Gives a building generation up; its rows are left to [`sweep`](Self::sweep).
    fn abandon(
        &self, view: &'static View, generation: Generation,
    ) -> impl Future<Output = Result<(), TargetError>> + Send;

    /// Removes a bounded part of what no longer serves, so that nobody waits long for it.
    fn sweep(&self) -> impl Future<Output = Result<Swept, TargetError>> + Send;

    /// Compares two generations as they are at one instant. `opened` is answered once that instant has passed: what is
    /// written afterwards MUST NOT be seen.
    fn compare(
        &self, view: &'static View, serving: Generation, building: Generation, opened: oneshot::Sender<()>,
    ) -> impl Future<Output = Result<Comparison, TargetError>> + Send;

    fn digest(
        &self, view: &'static View, generation: Generation,
    ) -> impl Future<Output = Result<Digest, TargetError>> + Send;

    fn count(
        &self, view: &'static View, generation: Generation,
    ) -> impl Future<Output = Result<u64, TargetError>> + Send;

    /// Every row that serves, by key: for tests and for looking into small views.
    fn rows(&self, view: &'static View) -> impl Future<Output = Result<BTreeMap<Key, Vec<Value>>, TargetError>> + Send;

    /// The streams of which events are parked, in order of name.
    fn parked_streams(
        &self, view: &'static View, generation: Generation,
    ) -> impl Future<Output = Result<Vec<ParkedStream>, TargetError>> + Send;

    /// Up to `limit` dead letters of the serving generations, in order of view, stream and version.
    fn dead_letters(&self, limit: usize) -> impl Future<Output = Result<Vec<DeadLetter>, TargetError>> + Send;

    fn set_activity(
        &self, view: &'static View, activity: Activity,
    ) -> impl Future<Output = Result<(), TargetError>> + Send;

    /// How far a named follower has come with all of these slices; 0 when it has not begun with one.
    fn checkpoint(&self, name: &str, slices: Slices) -> impl Future<Output = Result<Position, TargetError>> + Send;

    /// Where several workers share the slices, it MUST be kept only for those that this worker holds, and fail when
    /// some are another's: a follower that was away must not decide where the next one begins.
    fn set_checkpoint(
        &self, name: &str, slices: Slices, position: Position,
    ) -> impl Future<Output = Result<(), TargetError>> + Send;
}

/// The targets there are.
#[derive(Clone)]
pub enum AnyTarget {
    Sqlite(SqliteTarget),
    Postgres(PostgresTarget),
    Memory(MemoryTarget),
    Redis(RedisTarget),
}

impl From<SqliteTarget> for AnyTarget {
    fn from(target: SqliteTarget) -> Self {
        Self::Sqlite(target)
    }
}

impl From<PostgresTarget> for AnyTarget {
    fn from(target: PostgresTarget) -> Self {
        Self::Postgres(target)
    }
}

impl From<MemoryTarget> for AnyTarget {
    fn from(target: MemoryTarget) -> Self {
        Self::Memory(target)
    }
}

impl From<RedisTarget> for AnyTarget {
    fn from(target: RedisTarget) -> Self {
        Self::Redis(target)
    }
}

macro_rules! each {
    ($any:expr, $target:ident => $call:expr) => {
        match $any {
            AnyTarget::Sqlite($target) => $call.await,
            AnyTarget::Postgres($target) => $call.await,
            AnyTarget::Memory($target) => $call.await,
            AnyTarget::Redis($target) => $call.await,
        }
    };
}

impl Target for AnyTarget {
    fn is_cache(&self) -> bool {
        match self {
            Self::Sqlite(target) => target.is_cache(),
            Self::Postgres(target) => target.is_cache(),
            Self::Memory(target) => target.is_cache(),
            Self::Redis(target) => target.is_cache(),
        }
    }

    fn events_at_once(&self) -> usize {
        match self {
            Self::Sqlite(target) => target.events_at_once(),
            Self::Postgres(target) => target.events_at_once(),
            Self::Memory(target) => target.events_at_once(),
            Self::Redis(target) => target.events_at_once(),
        }
    }

    fn renew_every(&self) -> Option<Duration> {
        match self {
            Self::Sqlite(target) => target.renew_every(),
            Self::Postgres(target) => target.renew_every(),
            Self::Memory(target) => target.renew_every(),
            Self::Redis(target) => target.renew_every(),
        }
    }

    async fn claim(&self, claim: Claim) -> Result<Terms, TargetError> {
        each!(self, target => target.claim(claim))
    }

    async fn resign(&self) -> Result<(), TargetError> {
        each!(self, target => target.resign())
    }

    async fn reserve(&self, what: Reserve) -> Result<Option<Reservation>, TargetError> {
        each!(self, target => target.reserve(what))
    }

    async fn ensure(&self, view: &'static View) -> Result<Generations, TargetError> {
        each!(self, target => target.ensure(view))
    }

    async fn write(&self, batch: Vec<ViewWrite>) -> Result<(), WriteError> {
        each!(self, target => target.write(batch))
    }

    async fn load(&self, load: ViewWrite) -> Result<(), WriteError> {
        each!(self, target => target.load(load))
    }

    async fn begin_build(&self, view: &'static View) -> Result<Stored, TargetError> {
        each!(self, target => target.begin_build(view))
    }

    async fn index(&self, view: &'static View, generation: Generation) -> Result<(), TargetError> {
        each!(self, target => target.index(view, generation))
    }

    async fn switch(&self, views: Vec<(&'static View, Generation)>) -> Result<Switched, TargetError> {
        each!(self, target => target.switch(views))
    }

    async fn abandon(&self, view: &'static View, generation: Generation) -> Result<(), TargetError> {
        each!(self, target => target.abandon(view, generation))
    }

    async fn sweep(&self) -> Result<Swept, TargetError> {
        each!(self, target => target.sweep())
    }

    async fn compare(
        &self, view: &'static View, serving: Generation, building: Generation, opened: oneshot::Sender<()>,
    ) -> Result<Comparison, TargetError> {
        each!(self, target => target.compare(view, serving, building, opened))
    }

    async fn digest(&self, view: &'static View, generation: Generation) -> Result<Digest, TargetError> {
        each!(self, target => target.digest(view, generation))
    }

    async fn count(&self, view: &'static View, generation: Generation) -> Result<u64, TargetError> {
        each!(self, target => target.count(view, generation))
    }

    async fn rows(&self, view: &'static View) -> Result<BTreeMap<Key, Vec<Value>>, TargetError> {
        each!(self, target => target.rows(view))
    }

    async fn parked_streams(
        &self, view: &'static View, generation: Generation,
    ) -> Result<Vec<ParkedStream>, TargetError> {
        each!(self, target => target.parked_streams(view, generation))
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, TargetError> {
        each!(self, target => target.dead_letters(limit))
    }

    async fn set_activity(&self, view: &'static View, activity: Activity) -> Result<(), TargetError> {
        each!(self, target => target.set_activity(view, activity))
    }

    async fn checkpoint(&self, name: &str, slices: Slices) -> Result<Position, TargetError> {
        each!(self, target => target.checkpoint(name, slices))
    }

    async fn set_checkpoint(&self, name: &str, slices: Slices, position: Position) -> Result<(), TargetError> {
        each!(self, target => target.set_checkpoint(name, slices, position))
    }
}
