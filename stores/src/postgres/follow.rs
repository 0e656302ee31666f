//! Notices what is appended, by this process and by others.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use orderflow_engine::Position;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::{runtime::Handle, sync::watch, time::timeout};

use super::{
    backoff::{Backoff, jittered},
    connect::{Address, within},
    head::Head,
};

/// What `append` notifies.
const CHANNEL: &str = "orderflow_events";
/// How often the server is asked all the same: soon after something was appended, and ever less often when nothing is.
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);
/// How long the server may take to connect and to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Listens only while somebody watches.
#[derive(Clone)]
pub(super) struct Follower(Arc<Shared>);

struct Shared {
    head: Arc<Head>,
    address: Address,
    runtime: Handle,
    running: Mutex<bool>,
}

impl Follower {
    pub(super) fn new(head: Arc<Head>, address: Address) -> Self {
        Self(Arc::new(Shared { head, address, runtime: Handle::current(), running: Mutex::new(false) }))
    }

    pub(super) fn watch(&self) -> watch::Receiver<Position> {
        let mut running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.0.head.watch();
        if !*running {
            let shared = Arc::clone(&self.0);
            self.0.runtime.spawn(async move { shared.follow().await });
            *running = true;
        }
        receiver
    }
}

impl Shared {
    async fn follow(&self) {
        let mut backoff = Backoff::new(SHORTEST, LONGEST);
        while self.is_watched() {
            let mut heard = false;
            match self.listen(&mut heard).await {
                Ok(()) => return,
                Err(error) => tracing::debug!(%error, "the event store cannot be followed"),
            }
            if heard {
                backoff = Backoff::new(SHORTEST, LONGEST);
            }
            tokio::time::sleep(backoff.pause()).await;
        }
    }

    /// Decided under the lock that `watch` takes, so that no watcher is left without a task.
    fn is_watched(&self) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = self.head.is_watched();
        *running
    }

    /// Until nobody watches any more. The notifications are a hint: one can be lost with a connection, so the server is
    /// asked from time to time.
    async fn listen(&self, heard: &mut bool) -> Result<(), sqlx::Error> {
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
        let pool = pool.idle_timeout(None).max_lifetime(None).connect_lazy_with(self.address.options());
        let mut listener = within(PATIENCE, PgListener::connect_with(&pool)).await?;
        within(PATIENCE, listener.listen(CHANNEL)).await?;
        let mut interval = SHORTEST;
        while self.is_watched() {
            let connection = &mut listener;
            let position = sqlx::query_scalar(include_str!("sql/head.sql")).fetch_one(connection);
            let position: i64 = within(PATIENCE, position).await?;
            *heard = true;
            let known = self.head.known();
            self.head.raise(Position(position.cast_unsigned()));
            interval = if self.head.known() > known { SHORTEST } else { (interval * 2).min(LONGEST) };
            // What it says is not taken from it: anybody may notify. Nothing means that the connection was lost.
            if let Ok(notification) = timeout(jittered(interval), listener.try_recv()).await
                && notification?.is_some()
            {
                while listener.next_buffered().is_some() {}
                interval = SHORTEST;
            }
        }
        Ok(())
    }
}
