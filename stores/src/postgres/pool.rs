//! A few reading connections, opened when they are first needed and used again while they are good.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use orderflow_engine::{Cause, ReadError};
use sqlx::PgConnection;
use tokio::sync::Semaphore;

use super::{
    connect::{Address, is_silence, within},
    error::{Meaning, meaning},
    query::QueryError,
};

pub(super) struct Pool {
    address: Address,
    idle: Mutex<Vec<PgConnection>>,
    /// One for each connection that may be at work.
    permits: Semaphore,
    size: usize,
    /// How long a reader waits for a connection.
    acquire: Duration,
    /// How long the server may take for one question.
    answer: Duration,
}

#[derive(Debug, thiserror::Error)]
#[error("none of {size} connections to the event store was free within {} ms: retry later", acquire.as_millis())]
struct Exhausted {
    size: usize,
    acquire: Duration,
}

impl Pool {
    pub(super) fn new(address: Address, size: usize, acquire: Duration, answer: Duration) -> Self {
        let size = size.max(1);
        Self { address, idle: Mutex::default(), permits: Semaphore::new(size), size, acquire, answer }
    }

    /// Asks a question, and asks it once more on a new connection when an idle one turns out to be lost: reading has no
    /// effect, and after a restart of the server every idle connection is. What took too long is not asked again.
    pub(super) async fn read<T, A>(&self, question: impl Fn(PgConnection) -> A) -> Result<T, ReadError>
    where
        A: Future<Output = Result<(T, PgConnection), QueryError>>,
    {
        let permit = tokio::time::timeout(self.acquire, self.permits.acquire()).await;
        let _permit = permit.map_err(|_| unreadable(Exhausted { size: self.size, acquire: self.acquire }))?;
        let idle = self.idle().pop();
        if let Some(connection) = idle {
            match self.answer(question(connection)).await {
                Err(QueryError::Server(error)) if meaning(&error) == Meaning::Lost => {
                    self.idle().clear();
                    if is_silence(&error) {
                        return Err(unreadable(error));
                    }
                }
                answer => return answer.map_err(unreadable),
            }
        }
        let connection = self.address.connect().await.map_err(unreadable)?;
        self.answer(question(connection)).await.map_err(unreadable)
    }

    /// The question holds the connection until it has its answer: one that fails, or is given up, takes it with it.
    async fn answer<T>(
        &self, answer: impl Future<Output = Result<(T, PgConnection), QueryError>>,
    ) -> Result<T, QueryError> {
        let (answer, connection) = within(self.answer, async { Ok(answer.await) }).await??;
        self.idle().push(connection);
        Ok(answer)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<PgConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> ReadError {
    ReadError(Cause::new(error))
}
