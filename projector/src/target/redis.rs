//! Views in Redis, for what is read most by id: a row is a JSON document under a key of its own.
//!
//! # Layout
//!
//! All keys begin with a prefix that the installation chooses.
//!
//! | key | holds |
//! |---|---|
//! | `{prefix}:{view}` | hash: `serving` and `building` generation, `last` number given to one, `paused` |
//! | `{prefix}:{view}:g{n}:state` | hash: `version` and `shape` of the view, `position`, `role`; `pending`, `part{n}`, `done` of large writes |
//! | `{prefix}:{view}:g{n}:["a","b"]` | a row: its key as a JSON array, its columns in declared order as another |
//! | `{prefix}:{view}:g{n}:{index}:["a"]` | sorted set: the newest rows of the ones that share these values |
//! | `{prefix}:{view}:g{n}:parked` | hash: dead letters by stream and version |
//! | `{prefix}:writer`, `{prefix}:term` | who writes, until when, and how often that has changed |
//! | `{prefix}:views`, `{prefix}:retired`, `{prefix}:followers` | names of views, what is to be swept, others' checkpoints |
//!
//! Every write is one script that checks the lease of the writer and the positions of the views before it changes
//! anything, so rows and checkpoints move together, and a worker that was frozen while another took over changes
//! nothing. A script keeps every reader waiting, so it writes a bounded number of rows: the projector cuts its batches
//! to fit, and what is larger all the same is marked as half written until its last script is done. Readers leave a
//! marked generation alone, and when its writer did not come to the end the view is built anew.
//!
//! There is one writer at a time, who holds all slices; others wait for its lease to end.
//!
//! What was written is announced on the channel `{prefix}:changes`, as `{"position":7,"changes":[{"view":…,"key":…}]}`.
//! With `"more":true` the changes are not all named: there were too many, or a generation built anew serves now. Whoever
//! keeps rows then drops what it has.

mod generations;
mod keys;
mod lease;
mod link;
mod open;
mod parked;
mod plan;
mod read;
mod recent;
mod row;
mod script;
mod write;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use orderflow_engine::{
    Position, Slices, View,
    projection::{Key, Value},
};
use tokio::sync::oneshot;

use self::{generations::Sweeping, keys::Keys, link::Link};
pub use self::{
    open::{OpenRedisError, RedisOptions},
    recent::Recent,
};
use super::{
    Activity, Claim, Comparison, DeadLetter, Digest, Generation, Generations, ParkedStream, Reservation, Reserve,
    Stored, Swept, Switched, Target, TargetError, Terms, ViewWrite, WriteError,
};

/// How many rows one script writes at most: a few milliseconds in which nobody reads.
const SCRIPT_ROWS: usize = 2_000;
/// How many events a batch of the live views is made of at most, so that it fits one script.
const BATCH_EVENTS: usize = 1_000;

/// Clones share the same connection and the same lease.
#[derive(Clone)]
pub struct RedisTarget {
    inner: Arc<Inner>,
}

struct Inner {
    link: Link,
    keys: Keys,
    recent: &'static [Recent],
    /// Tells this worker from all others, before and after it.
    worker: String,
    lease: Duration,
    /// The lease as it was last renewed; `None` when another worker has it, or nobody.
    held: Mutex<Option<Arc<str>>>,
    /// How often the lease was taken.
    taken: AtomicU64,
    /// Numbers the writes that take several scripts.
    writes: AtomicU64,
    sweeping: tokio::sync::Mutex<Option<Sweeping>>,
}

impl From<redis::RedisError> for TargetError {
    fn from(error: redis::RedisError) -> Self {
        Self::new(error)
    }
}

impl From<redis::RedisError> for WriteError {
    fn from(error: redis::RedisError) -> Self {
        Self::Target(error.into())
    }
}

impl Target for RedisTarget {
    fn is_cache(&self) -> bool {
        true
    }

    fn events_at_once(&self) -> usize {
        BATCH_EVENTS
    }

    fn renew_every(&self) -> Option<Duration> {
        Some(self.inner.lease / 3)
    }

    async fn claim(&self, claim: Claim) -> Result<Terms, TargetError> {
        match claim {
            // There is one writer at a time, so whoever cannot write everything keeps nobody from it who could.
            Claim::Share | Claim::IfNobodyElse => self.inner.renew().await,
            Claim::Nothing => self.inner.resign().await.map(|()| Terms::NONE),
        }
    }

    async fn resign(&self) -> Result<(), TargetError> {
        self.inner.resign().await
    }

    async fn reserve(&self, _: Reserve) -> Result<Option<Reservation>, TargetError> {
        // Whoever writes has everything to itself; the others have nothing to reserve.
        Ok(self.inner.held().map(|_| Reservation::alone()))
    }

    async fn ensure(&self, view: &'static View) -> Result<Generations, TargetError> {
        self.inner.ensure(view).await
    }

    async fn write(&self, batch: Vec<ViewWrite>) -> Result<(), WriteError> {
        self.inner.write(batch).await
    }

    async fn load(&self, load: ViewWrite) -> Result<(), WriteError> {
        self.inner.load(load).await
    }

    async fn begin_build(&self, view: &'static View) -> Result<Stored, TargetError> {
        self.inner.begin_build(view).await
    }

    async fn index(&self, _: &'static View, _: Generation) -> Result<(), TargetError> {
        // The newest rows are kept with every write: there is nothing to be gained by doing it later.
        Ok(())
    }

    async fn switch(&self, views: Vec<(&'static View, Generation)>) -> Result<Switched, TargetError> {
        self.inner.switch(&views).await.map(|()| Switched::Done)
    }

    async fn abandon(&self, view: &'static View, generation: Generation) -> Result<(), TargetError> {
        self.inner.abandon(view, generation).await
    }

    async fn sweep(&self) -> Result<Swept, TargetError> {
        self.inner.sweep().await
    }

    async fn compare(
        &self, view: &'static View, serving: Generation, building: Generation, opened: oneshot::Sender<()>,
    ) -> Result<Comparison, TargetError> {
        self.inner.compare(view, serving, building, opened).await
    }

    async fn digest(&self, view: &'static View, generation: Generation) -> Result<Digest, TargetError> {
        self.inner.digest(view, generation).await
    }

    async fn count(&self, view: &'static View, generation: Generation) -> Result<u64, TargetError> {
        self.inner.count(view, generation).await
    }

    async fn rows(&self, view: &'static View) -> Result<BTreeMap<Key, Vec<Value>>, TargetError> {
        self.inner.rows(view).await
    }

    async fn parked_streams(
        &self, view: &'static View, generation: Generation,
    ) -> Result<Vec<ParkedStream>, TargetError> {
        self.inner.parked_streams(view, generation).await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, TargetError> {
        self.inner.dead_letters(limit).await
    }

    async fn set_activity(&self, view: &'static View, activity: Activity) -> Result<(), TargetError> {
        let key = self.inner.keys.view(view.name);
        let command = match activity {
            Activity::Paused => redis::Cmd::hset(key, "paused", 1),
            Activity::Active => redis::Cmd::hdel(key, "paused"),
        };
        self.inner.link.run(&command).await.map_err(TargetError::from)
    }

    async fn checkpoint(&self, name: &str, _: Slices) -> Result<Position, TargetError> {
        let kept: Option<u64> = self.inner.link.run(&redis::Cmd::hget(self.inner.keys.followers(), name)).await?;
        Ok(Position(kept.unwrap_or(0)))
    }

    async fn set_checkpoint(&self, name: &str, _: Slices, position: Position) -> Result<(), TargetError> {
        let set = redis::Cmd::hset(self.inner.keys.followers(), name, position.0);
        self.inner.link.run(&set).await.map_err(TargetError::from)
    }
}
