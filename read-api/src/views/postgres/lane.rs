//! A few connections, and the bounds of what is asked through them.
//!
//! A pool of the driver's would ask a connection whether it is well before and after every use; here it is asked when
//! it has been idle for a while, so that a read is one round trip.

use std::{
    io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use orderflow_engine::Cause;
use sqlx::{
    Connection, PgConnection,
    postgres::{PgArguments, PgConnectOptions, PgRow},
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

use super::error;
use crate::views::ViewError;

/// A connection that was idle for longer is asked whether the server is still there, and for so long at most.
const TRUSTED: Duration = Duration::from_secs(1);
const PING: Duration = Duration::from_millis(500);

/// What a lane allows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Questions at once, each on a connection of its own.
    pub(super) at_once: usize,
    /// Questions that wait for their turn.
    pub(super) waiting: usize,
    /// How long one waits.
    pub(super) turn_timeout: Duration,
    pub(super) connect_timeout: Duration,
    /// How long an answer may take to arrive, a new connection included: longer than the server may work on it.
    pub(super) call_timeout: Duration,
}

pub(super) struct Lane {
    server: PgConnectOptions,
    limits: Limits,
    /// The one that was used last is used first.
    idle: Mutex<Vec<Idle>>,
    /// Questions under way and waiting.
    admitted: Semaphore,
    /// Questions under way.
    running: Semaphore,
}

struct Idle {
    connection: PgConnection,
    since: Instant,
}

impl Lane {
    pub(super) fn new(server: PgConnectOptions, limits: Limits) -> Self {
        Self {
            server,
            limits,
            idle: Mutex::default(),
            admitted: Semaphore::new(limits.at_once + limits.waiting),
            running: Semaphore::new(limits.at_once),
        }
    }

    /// Asks one question. Dropped before the answer has come, it closes its connection.
    pub(super) async fn ask(&self, sql: &'static str, parameters: PgArguments) -> Result<Vec<PgRow>, ViewError> {
        let Ok(_admitted) = self.admitted.try_acquire() else { return Err(ViewError::Busy) };
        let Ok(Ok(_turn)) = timeout(self.limits.turn_timeout, self.running.acquire()).await else {
            return Err(ViewError::Busy);
        };
        match timeout(self.limits.call_timeout, self.attempts(sql, parameters)).await {
            Ok(answer) => answer.map_err(error::failed),
            Err(_) => Err(ViewError::Failed(Cause::new(silence(self.limits.call_timeout)))),
        }
    }

    /// A read changes nothing, so one that failed for a passing reason is tried once more, on a new connection; and one
    /// that stood behind a lock, until its time is up.
    async fn attempts(&self, sql: &'static str, parameters: PgArguments) -> Result<Vec<PgRow>, sqlx::Error> {
        let mut tried = false;
        loop {
            let idle = if tried { None } else { self.idle().await };
            let connection = match idle {
                Some(connection) => connection,
                None => self.connect().await?,
            };
            match self.attempt(connection, sql, parameters.clone()).await {
                Err(error) if error::is_behind_a_lock(&error) => {}
                Err(error) if error::is_passing(&error) && !tried => tried = true,
                answer => return answer,
            }
        }
    }

    async fn attempt(
        &self, mut connection: PgConnection, sql: &'static str, parameters: PgArguments,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        let answer = sqlx::query_with(sql, parameters).fetch_all(&mut connection).await;
        match &answer {
            Err(error) if error::is_lost(error) => self.forget_all(),
            Err(error) if error::is_passing(error) => {}
            Ok(_) | Err(_) => self.idle_connections().push(Idle { connection, since: Instant::now() }),
        }
        answer
    }

    /// A connection that is there already, and alive.
    async fn idle(&self) -> Option<PgConnection> {
        let Idle { mut connection, since } = self.idle_connections().pop()?;
        if since.elapsed() <= TRUSTED {
            return Some(connection);
        }
        if let Ok(Ok(())) = timeout(PING, connection.ping()).await {
            return Some(connection);
        }
        self.forget_all();
        None
    }

    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let patience = self.limits.connect_timeout;
        timeout(patience, PgConnection::connect_with(&self.server))
            .await
            .unwrap_or_else(|_| Err(silence(patience).into()))
    }

    /// What one connection has met with, the others will.
    fn forget_all(&self) {
        self.idle_connections().clear();
    }

    fn idle_connections(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn silence(patience: Duration) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("the server did not answer within {} ms", patience.as_millis()))
}
