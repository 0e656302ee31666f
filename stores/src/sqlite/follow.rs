//! Notices what another process appends to the same file.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use orderflow_engine::Position;
use rusqlite::Connection;
use tokio::sync::watch;

use super::{connect, query};

/// How often the file is looked at: a few microseconds of work each time.
const INTERVAL: Duration = Duration::from_millis(5);
/// How often a file that cannot be read is tried again.
const RETRY: Duration = Duration::from_millis(200);

/// Looks at the file only while somebody watches.
#[derive(Clone)]
pub(super) struct Follower(Arc<Shared>);

struct Shared {
    path: PathBuf,
    watch: watch::Sender<Position>,
    running: Mutex<bool>,
}

impl Follower {
    pub(super) fn new(path: &Path, head: Position) -> Self {
        Self(Arc::new(Shared { path: path.to_owned(), watch: watch::Sender::new(head), running: Mutex::new(false) }))
    }

    pub(super) fn watch(&self) -> watch::Receiver<Position> {
        let mut running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.0.watch.subscribe();
        if !*running {
            let shared = Arc::clone(&self.0);
            let spawned = thread::Builder::new().name("events-follower".to_owned()).spawn(move || shared.follow());
            // The watch is a hint: without a thread, followers still look from time to time.
            match spawned {
                Ok(_) => *running = true,
                Err(error) => tracing::warn!(%error, "the event store is not followed: no thread could be started"),
            }
        }
        receiver
    }
}

impl Shared {
    fn follow(&self) {
        let mut eye: Option<(Connection, i64)> = None;
        while self.is_watched() {
            match self.look(&mut eye) {
                Ok(()) => thread::sleep(INTERVAL),
                Err(error) => {
                    tracing::debug!(%error, "the event store could not be looked at");
                    eye = None;
                    thread::sleep(RETRY);
                }
            }
        }
    }

    /// Decided under the lock that `watch` takes, so that no watcher is left without a thread.
    fn is_watched(&self) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = self.watch.receiver_count() > 0;
        *running
    }

    fn look(&self, eye: &mut Option<(Connection, i64)>) -> rusqlite::Result<()> {
        let (connection, seen) = match eye {
            Some(eye) => eye,
            None => eye.insert((connect::reader(&self.path)?, -1)),
        };
        let version = query::data_version(connection)?;
        if version != *seen {
            *seen = version;
            let head = query::head(connection)?;
            self.watch.send_if_modified(|known| std::mem::replace(known, head) != head);
        }
        Ok(())
    }
}
