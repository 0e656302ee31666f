//! A few reading connections, and threads to wait for them.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use orderflow_engine::{Cause, ReadError};
use tokio::sync::Semaphore;

use super::{
    connect,
    query::{QueryError, ReadConnection, StreamNames},
};

pub(super) struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<ReadConnection>>,
    /// One for each connection that may be at work.
    permits: Arc<Semaphore>,
    names: Arc<StreamNames>,
}

impl Pool {
    /// Connections are opened when they are first needed.
    pub(super) fn new(path: &Path, connections: usize, cached_streams: usize) -> Self {
        Self {
            path: path.to_owned(),
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(connections.max(1))),
            names: Arc::new(StreamNames::new(cached_streams.max(1))),
        }
    }

    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>, question: impl FnOnce(&mut ReadConnection) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(unreadable)?;
        let pool = Arc::clone(self);
        let answer = tokio::task::spawn_blocking(move || {
            let answer = pool.ask(question);
            drop(permit);
            answer
        });
        answer.await.map_err(unreadable)?.map_err(unreadable)
    }

    fn ask<T>(&self, question: impl FnOnce(&mut ReadConnection) -> Result<T, QueryError>) -> Result<T, QueryError> {
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => ReadConnection::new(connect::reader(&self.path)?, Arc::clone(&self.names)),
        };
        // A connection that failed is not used again.
        let answer = question(&mut connection)?;
        self.idle().push(connection);
        Ok(answer)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<ReadConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> ReadError {
    ReadError(Cause::new(error))
}
