//! Views in an SQLite file, which any number of readers may read beside the one projector that writes it.
//!
//! A generation of a view is a table `{view}__g{generation}`; the view's name itself is an SQL view over the generation
//! that serves, so a switch is a change of the schema in one transaction and readers prepare their statements anew by
//! themselves. There is one connection that writes, behind a fair lock, and others for long reads.

mod generations;
mod open;
mod read;
mod schema;
mod write;

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use orderflow_engine::{
    Position, Slices, View,
    projection::{Key, Value},
};
use rusqlite::Connection;
use tokio::sync::{Mutex, oneshot};

pub use self::open::OpenError;
use super::{
    Activity, Comparison, DeadLetter, Digest, Generation, Generations, ParkedStream, Stored, Swept, Switched, Target,
    TargetError, ViewWrite, WriteError,
};

/// Clones share the same connection.
#[derive(Clone)]
pub struct SqliteTarget {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    /// Fair, so that a rebuild's writes and the live ones take turns.
    writer: Mutex<Connection>,
    /// Held as long as the target is: it keeps a second projector away.
    _lock: File,
}

impl From<rusqlite::Error> for TargetError {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(error)
    }
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Target(error.into())
    }
}

impl SqliteTarget {
    /// Opens the file, or makes it. It must not be open for writing anywhere else.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let (writer, lock) = open::writer(path)?;
        Ok(Self { inner: Arc::new(Inner { path: path.to_owned(), writer: Mutex::new(writer), _lock: lock }) })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Runs `work` with the connection that writes, when its turn has come.
    async fn writing<T: Send + 'static, F: From<TargetError> + Send + 'static>(
        &self, work: impl FnOnce(&mut Connection) -> Result<T, F> + Send + 'static,
    ) -> Result<T, F> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || work(&mut inner.writer.blocking_lock()));
        done.await.unwrap_or_else(|stopped| Err(TargetError::new(stopped).into()))
    }

    /// Runs `work` with a connection of its own that sees one instant of the file and hinders nobody.
    async fn reading<T: Send + 'static>(
        &self, work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, TargetError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || {
            let connection = open::reader(&inner.path)?;
            let snapshot = connection.unchecked_transaction()?;
            Ok(work(&snapshot)?)
        });
        done.await.unwrap_or_else(|stopped| Err(TargetError::new(stopped)))
    }
}

impl Target for SqliteTarget {
    async fn ensure(&self, view: &'static View) -> Result<Generations, TargetError> {
        self.writing(move |connection| generations::ensure(connection, view)).await
    }

    async fn write(&self, batch: Vec<ViewWrite>) -> Result<(), WriteError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || {
            // Sorted before the lock is taken: a rebuild's batch takes a while.
            let batch = batch.into_iter().map(write::Sorted::from).collect();
            write::write(&mut inner.writer.blocking_lock(), batch)
        });
        done.await.unwrap_or_else(|stopped| Err(TargetError::new(stopped).into()))
    }

    async fn load(&self, load: ViewWrite) -> Result<(), WriteError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || write::load(&inner.writer, load.into()));
        done.await.unwrap_or_else(|stopped| Err(TargetError::new(stopped).into()))
    }

    async fn begin_build(&self, view: &'static View) -> Result<Stored, TargetError> {
        self.writing(move |connection| generations::begin_build(connection, view)).await
    }

    async fn index(&self, view: &'static View, generation: Generation) -> Result<(), TargetError> {
        for index in view.indexes {
            // One turn each, so that the live rows get theirs in between.
            self.writing(move |connection| {
                connection.execute_batch(&schema::create_index(view, generation, index)).map_err(TargetError::from)
            })
            .await?;
        }
        Ok(())
    }

    async fn switch(&self, views: Vec<(&'static View, Generation)>) -> Result<Switched, TargetError> {
        self.writing(move |connection| generations::switch(connection, &views)).await?;
        // Readers keep what they have begun to read, and are in nobody's way.
        Ok(Switched::Done)
    }

    async fn abandon(&self, view: &'static View, generation: Generation) -> Result<(), TargetError> {
        self.writing(move |connection| generations::abandon(connection, view, generation)).await
    }

    async fn sweep(&self) -> Result<Swept, TargetError> {
        self.writing(generations::sweep).await
    }

    async fn compare(
        &self, view: &'static View, serving: Generation, building: Generation, opened: oneshot::Sender<()>,
    ) -> Result<Comparison, TargetError> {
        self.reading(move |connection| read::compare(connection, view, serving, building, opened)).await
    }

    async fn digest(&self, view: &'static View, generation: Generation) -> Result<Digest, TargetError> {
        self.reading(move |connection| read::digest(connection, view, generation)).await
    }

    async fn count(&self, view: &'static View, generation: Generation) -> Result<u64, TargetError> {
        self.reading(move |connection| read::count(connection, view, generation)).await
    }

    async fn rows(&self, view: &'static View) -> Result<BTreeMap<Key, Vec<Value>>, TargetError> {
        self.reading(move |connection| read::rows(connection, view)).await
    }

    async fn parked_streams(
        &self, view: &'static View, generation: Generation,
    ) -> Result<Vec<ParkedStream>, TargetError> {
        self.reading(move |connection| read::parked_streams(connection, view, generation)).await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, TargetError> {
        self.reading(move |connection| read::dead_letters(connection, limit)).await
    }

    async fn set_activity(&self, view: &'static View, activity: Activity) -> Result<(), TargetError> {
        self.writing(move |connection| {
            let paused = match activity {
                Activity::Active => 0,
                Activity::Paused => 1,
            };
            connection.execute("UPDATE projections SET paused = ?2 WHERE view = ?1", (view.name, paused))?;
            Ok(())
        })
        .await
    }

    async fn checkpoint(&self, name: &str, _: Slices) -> Result<Position, TargetError> {
        let name = name.to_owned();
        self.writing(move |connection| {
            let mut select = connection.prepare_cached("SELECT position FROM checkpoints WHERE name = ?1")?;
            let mut found = select.query_map([name], |row| row.get::<_, i64>(0))?;
            Ok(schema::position(found.next().transpose()?.unwrap_or(0)))
        })
        .await
    }

    async fn set_checkpoint(&self, name: &str, _: Slices, position: Position) -> Result<(), TargetError> {
        let name = name.to_owned();
        self.writing(move |connection| {
            let mut upsert = connection.prepare_cached(
                "INSERT INTO checkpoints (name, position) VALUES (?1, ?2) \
                 ON CONFLICT (name) DO UPDATE SET position = excluded.position",
            )?;
            upsert.execute((name, schema::integer(position.0)))?;
            Ok(())
        })
        .await
    }
}
