//! Views in an SQLite file that another connection, in this process or another, is writing.
//!
//! A point read takes a few microseconds, less than handing it to another thread would, so it runs where it is asked
//! for. Lists and sums run on the blocking pool: so many at once, so many more waiting, and none for ever.

mod by_status;
mod connect;
#[cfg(test)]
mod fixture;
mod likelihood;
mod orders;
mod processes;
mod products;
mod sales;
mod scan;
mod shipments;
mod stock;
mod words;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use orderflow_engine::{Cause, Position};
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{ViewError, question::Answer};

/// What a [`SqliteViews`] may use.
#[derive(Debug, Clone, Copy)]
pub struct SqliteOptions {
    /// Point reads at once.
    pub points: usize,
    /// Lists and sums at once.
    pub scans: usize,
    /// Lists and sums that wait for their turn; more are refused.
    pub waiting: usize,
    /// How long a list or sum may take, its wait included.
    pub scan_timeout: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { points: (2 * cores).max(8), scans: cores.max(2), waiting: 64, scan_timeout: Duration::from_secs(5) }
    }
}

/// Clones share their connections. The file need not exist yet: until it does, the views are not ready.
#[derive(Debug, Clone)]
pub struct SqliteViews(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    options: SqliteOptions,
    idle: Mutex<Vec<Connection>>,
    points: Semaphore,
    /// Scans under way and waiting.
    admitted: Arc<Semaphore>,
    /// Scans under way.
    running: Arc<Semaphore>,
}

impl SqliteViews {
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, options: SqliteOptions) -> Self {
        Self(Arc::new(Shared {
            path: path.into(),
            options,
            idle: Mutex::default(),
            points: Semaphore::new(options.points),
            admitted: Arc::new(Semaphore::new(options.scans + options.waiting)),
            running: Arc::new(Semaphore::new(options.scans)),
        }))
    }

    /// Runs a short read on this thread. `read` asks for position and row in one statement, so they belong together.
    fn point_with<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<Option<Answer<T>>>) -> super::Result<T> {
        let Ok(_permit) = self.0.points.try_acquire() else { return Err(ViewError::Busy) };
        let connection = self.0.connection()?;
        let answer = read(&connection).map_err(failed)?;
        // A connection that failed is closed instead: the next one begins anew.
        self.0.give_back(connection);
        answer.ok_or(ViewError::NotReady)
    }

    /// Runs a short read of one view on this thread, in a transaction with the view's position.
    fn point<T>(&self, view: &'static str, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> super::Result<T> {
        self.point_with(|connection| in_transaction(connection, &[view], read))
    }

    pub(super) fn position(&self, views: &[&'static str]) -> Result<Position, ViewError> {
        let answer = self
            .point_with(|connection| Ok(positions(connection, views)?.map(|position| Answer { position, value: () })));
        answer.map(|answer| answer.position)
    }
}

impl Shared {
    fn connection(&self) -> Result<Connection, ViewError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => connect::open(&self.path).map_err(failed),
        }
    }

    fn give_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

fn in_transaction<T>(
    connection: &Connection, views: &[&'static str], read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<Answer<T>>> {
    // Dropped, it rolls back; there is nothing to commit.
    let _transaction = connection.unchecked_transaction()?;
    let Some(position) = positions(connection, views)? else { return Ok(None) };
    read(connection).map(|value| Some(Answer { position, value }))
}

/// The least position of the views, `None` unless each of them is served.
fn positions(connection: &Connection, views: &[&'static str]) -> rusqlite::Result<Option<Position>> {
    let mut statement =
        connection.prepare_cached("SELECT position FROM projections WHERE view = ?1 AND role = 'serving'")?;
    let mut least: Option<i64> = None;
    for view in views {
        let mut rows = statement.query([view])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let position: i64 = row.get(0)?;
        least = Some(least.map_or(position, |least| least.min(position)));
    }
    Ok(least.map(position))
}

/// Versions and counts are never negative.
fn unsigned(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

fn position(stored: i64) -> Position {
    Position(stored.cast_unsigned())
}

fn failed(error: rusqlite::Error) -> ViewError {
    use rusqlite::ErrorCode;
    let missing = |message: &str| message.starts_with("no such table") || message.starts_with("no such column");
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen) => ViewError::NotReady,
        Some(ErrorCode::OperationInterrupted) => ViewError::TooSlow,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ViewError::Busy,
        Some(_) | None => match &error {
            rusqlite::Error::SqliteFailure(_, Some(message)) if missing(message) => ViewError::NotReady,
            rusqlite::Error::SqlInputError { msg, .. } if missing(msg) => ViewError::NotReady,
            _ => ViewError::Failed(Cause::new(error)),
        },
    }
}
