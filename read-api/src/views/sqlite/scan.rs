//! Reads of many rows, on the blocking pool.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, InterruptHandle};

use super::{SqliteViews, failed, in_transaction};
use crate::views::ViewError;

/// Ends a running statement when nobody waits for it any more.
struct Guard(Arc<Mutex<Option<InterruptHandle>>>);

impl Drop for Guard {
    fn drop(&mut self) {
        // Held while interrupting, so that a connection given back meanwhile is not hit.
        if let Some(handle) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            handle.interrupt();
        }
    }
}

impl SqliteViews {
    /// Runs `read` in a transaction with the positions of `views`.
    pub(super) async fn scan<T: Send + 'static>(
        &self, views: &'static [&'static str], read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> crate::views::Result<T> {
        let Ok(admitted) = Arc::clone(&self.0.admitted).try_acquire_owned() else { return Err(ViewError::Busy) };
        let scan = async {
            let running = Arc::clone(&self.0.running).acquire_owned().await.map_err(|_| ViewError::Busy)?;
            let shared = Arc::clone(&self.0);
            let interrupt = Arc::new(Mutex::new(None));
            let guard = Guard(Arc::clone(&interrupt));
            let task = tokio::task::spawn_blocking(move || {
                // The permits stay with the work, not with whoever waits for it.
                let _permits = (admitted, running);
                let set = |handle| *interrupt.lock().unwrap_or_else(PoisonError::into_inner) = handle;
                let connection = shared.connection()?;
                set(Some(connection.get_interrupt_handle()));
                let answer = in_transaction(&connection, views, read);
                set(None);
                let answer = answer.map_err(failed)?;
                shared.give_back(connection);
                answer.ok_or(ViewError::NotReady)
            });
            let answer = task.await.map_err(|error| ViewError::Failed(orderflow_engine::Cause::new(error)))?;
            drop(guard);
            answer
        };
        tokio::time::timeout(self.0.options.scan_timeout, scan).await.unwrap_or(Err(ViewError::TooSlow))
    }
}
