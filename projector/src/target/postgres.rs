//! Views in a Postgres schema, which any number of workers write and any number of readers read.
//!
//! A generation of a view is a table `{view}__g{generation}`; the view's name itself is an SQL view over the generation
//! that serves. A switch waits for the readers of that SQL view, so a reader that takes rows and position
//! (`positions`) in one statement, outside of a transaction that has read anything before, gets what belongs together.
//!
//! Workers share the slices by leases, whose clock is the database's. Each write is fenced: the checkpoints must be what
//! was believed, and the leases of the slices held until the commit.

mod deadlines;
mod follower;
mod generations;
mod index;
mod load;
mod locks;
mod open;
mod read;
mod schema;
mod session;
mod tenure;
mod upsert;
mod words;
mod write;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use orderflow_engine::{
    Position, Slices, View,
    projection::{Key, Value},
};
use sqlx::PgPool;
use tokio::sync::oneshot;

pub use self::open::{PostgresOpenError, PostgresOptions};
use self::{session::watched, tenure::Held};
use super::{
    Activity, Claim, Comparison, DeadLetter, Digest, Generation, Generations, ParkedStream, Reservation, Reserve,
    Stored, Swept, Switched, Target, TargetError, Terms, ViewWrite, WriteError,
};

/// One worker among those that share the views. Clones are the same worker.
#[derive(Clone)]
pub struct PostgresTarget {
    pool: PgPool,
    held: Arc<Held>,
}

impl PostgresTarget {
    /// Reaches the database, and makes the schema of the views or brings it up to date.
    pub async fn open(url: &str, options: &PostgresOptions) -> Result<Self, PostgresOpenError> {
        let (pool, worker) = open::open(url, options).await?;
        Ok(Self { pool, held: Arc::new(Held::new(worker)) })
    }

    pub(crate) async fn due(
        &self, process: &'static str, now_micros: i64, after: deadlines::Overdue, limit: u32,
    ) -> Result<Vec<deadlines::Overdue>, TargetError> {
        deadlines::due(&self.pool, process, now_micros, after, limit).await
    }
}

impl Target for PostgresTarget {
    fn renew_every(&self) -> Option<Duration> {
        Some(tenure::RENEW_EVERY)
    }

    async fn claim(&self, claim: Claim) -> Result<Terms, TargetError> {
        self.held.claim(&self.pool, claim).await
    }

    async fn resign(&self) -> Result<(), TargetError> {
        self.held.resign(&self.pool).await
    }

    async fn reserve(&self, what: Reserve) -> Result<Option<Reservation>, TargetError> {
        tenure::reserve(&self.pool, what).await
    }

    async fn ensure(&self, view: &'static View) -> Result<Generations, TargetError> {
        generations::ensure(&self.pool, view).await
    }

    async fn write(&self, batch: Vec<ViewWrite>) -> Result<(), WriteError> {
        write::write(&self.pool, &self.held, batch).await
    }

    async fn load(&self, load: ViewWrite) -> Result<(), WriteError> {
        watched(&self.pool, load::load(&self.pool, &self.held, load)).await
    }

    async fn begin_build(&self, view: &'static View) -> Result<Stored, TargetError> {
        generations::begin_build(&self.pool, view).await
    }

    async fn index(&self, view: &'static View, generation: Generation) -> Result<(), TargetError> {
        let mut connection = session::long(&self.pool).await?;
        watched(&self.pool, index::index(&mut connection, view, generation)).await
    }

    async fn switch(&self, views: Vec<(&'static View, Generation)>) -> Result<Switched, TargetError> {
        generations::switch(&self.pool, &views).await
    }

    async fn abandon(&self, view: &'static View, generation: Generation) -> Result<(), TargetError> {
        generations::abandon(&self.pool, view, generation).await
    }

    async fn sweep(&self) -> Result<Swept, TargetError> {
        generations::sweep(&self.pool).await
    }

    async fn compare(
        &self, view: &'static View, serving: Generation, building: Generation, opened: oneshot::Sender<()>,
    ) -> Result<Comparison, TargetError> {
        let mut connection = session::long(&self.pool).await?;
        watched(&self.pool, read::compare(&mut connection, view, serving, building, opened)).await
    }

    async fn digest(&self, view: &'static View, generation: Generation) -> Result<Digest, TargetError> {
        let mut connection = session::long(&self.pool).await?;
        watched(&self.pool, read::digest(&mut connection, view, generation)).await
    }

    async fn count(&self, view: &'static View, generation: Generation) -> Result<u64, TargetError> {
        let mut connection = session::long(&self.pool).await?;
        watched(&self.pool, read::count(&mut connection, view, generation)).await
    }

    async fn rows(&self, view: &'static View) -> Result<BTreeMap<Key, Vec<Value>>, TargetError> {
        let mut connection = session::long(&self.pool).await?;
        watched(&self.pool, read::rows(&mut connection, view)).await
    }

    async fn parked_streams(
        &self, view: &'static View, generation: Generation,
    ) -> Result<Vec<ParkedStream>, TargetError> {
        read::parked_streams(&self.pool, view, generation).await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, TargetError> {
        read::dead_letters(&self.pool, limit).await
    }

    async fn set_activity(&self, view: &'static View, activity: Activity) -> Result<(), TargetError> {
        generations::set_activity(&self.pool, view, activity).await
    }

    async fn checkpoint(&self, name: &str, slices: Slices) -> Result<Position, TargetError> {
        follower::checkpoint(&self.pool, name, slices).await
    }

    async fn set_checkpoint(&self, name: &str, slices: Slices, position: Position) -> Result<(), TargetError> {
        follower::set_checkpoint(&self.pool, &self.held, name, slices, position).await
    }
}
