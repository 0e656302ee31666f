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

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;
    use crate::views::sqlite::{SqliteOptions, fixture::Views};

    const VIEW: &[&str] = &["stock"];
    const ENDLESS: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n";

    async fn views(options: SqliteOptions) -> (Views, SqliteViews) {
        let views = Views::new().await;
        let path = views.directory.path().join("views.db");
        (views, SqliteViews::new(path, options))
    }

    #[tokio::test]
    async fn more_scans_than_are_allowed_are_refused() {
        let options = SqliteOptions { scans: 1, waiting: 1, ..SqliteOptions::default() };
        let (_file, views) = views(options).await;
        let (go, gate) = mpsc::sync_channel::<()>(1);
        let first = tokio::spawn({
            let views = views.clone();
            async move {
                views
                    .scan(VIEW, move |_| {
                        gate.recv().unwrap();
                        Ok(())
                    })
                    .await
            }
        });
        let second = tokio::spawn({
            let views = views.clone();
            async move { views.scan(VIEW, |_| Ok(())).await }
        });
        while views.0.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(views.scan(VIEW, |_| Ok(())).await, Err(ViewError::Busy)));
        assert!(!second.is_finished(), "the second waits for its turn");
        go.send(()).unwrap();
        first.await.unwrap().unwrap();
        second.await.unwrap().unwrap();
        views.scan(VIEW, |_| Ok(())).await.unwrap();
    }

    #[tokio::test]
    async fn a_question_that_takes_too_long_is_interrupted() {
        let options =
            SqliteOptions { scans: 1, waiting: 0, scan_timeout: Duration::from_millis(30), ..SqliteOptions::default() };
        let (_file, views) = views(options).await;
        let endless = views.scan(VIEW, |connection| connection.query_row(ENDLESS, [], |row| row.get::<_, i64>(0)));
        assert!(matches!(endless.await, Err(ViewError::TooSlow)));
        // The work itself ends too, and gives its permit back.
        while views.0.admitted.available_permits() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        views.scan(VIEW, |_| Ok(())).await.unwrap();
    }

    #[tokio::test]
    async fn nothing_can_be_written() {
        let (_file, views) = views(SqliteOptions::default()).await;
        for statement in ["DELETE FROM projections", "CREATE TABLE t (x)", "PRAGMA user_version = 7"] {
            let written = views.scan(VIEW, move |connection| connection.execute_batch(statement)).await;
            assert!(matches!(written, Err(ViewError::Failed(_))), "{statement}");
        }
    }
}
