//! What makes a SQLite file an event store of this program, and why one may not be opened.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

/// "ORDF", kept in the file's header (`PRAGMA application_id`), where `file(1)` sees it as well.
const APPLICATION_ID: i32 = 0x4f52_4446;
/// The format that this program writes (`PRAGMA user_version`).
const FORMAT: i32 = 1;
/// WAL files that several connections write and checkpoint could be corrupted before this version.
const OLDEST_SQLITE: i32 = 3_051_003;
/// Measured with events of some hundred bytes: a scan is about half as fast again as with SQLite's default of 4096.
const PAGE_BYTES: i32 = 8192;

/// Why an event store could not be opened. Nothing was changed in the file.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("SQLite {found} can corrupt a store with several readers: build with SQLite 3.51.3 or newer")]
    OldSqlite { found: &'static str },
    #[error("another process writes to {}: stop it first, or use another file", path.display())]
    InUse { path: PathBuf },
    #[error("there is no event store at {}: start the process that writes it first", path.display())]
    Missing { path: PathBuf },
    #[error("{} is not an event store of this program: use another file", path.display())]
    Foreign { path: PathBuf },
    #[error(
        "{} has format {found} and this program knows formats up to {known}: use a newer version of the program",
        path.display()
    )]
    Newer { path: PathBuf, found: i32, known: i32 },
    #[error("{} could not be opened: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} could not be opened: {source}", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
}

/// A file's state, seen without changing it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Store,
}

pub(super) fn check_sqlite() -> Result<(), OpenError> {
    check_version(rusqlite::version_number(), rusqlite::version())
}

fn check_version(number: i32, found: &'static str) -> Result<(), OpenError> {
    if number < OLDEST_SQLITE { Err(OpenError::OldSqlite { found }) } else { Ok(()) }
}

pub(super) fn inspect(connection: &Connection, path: &Path) -> Result<Found, OpenError> {
    let foreign = || OpenError::Foreign { path: path.to_owned() };
    let header = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application = header("application_id").map_err(failed(path))?;
    let format = header("user_version").map_err(failed(path))?;
    let empty: bool =
        connection.query_row(include_str!("sql/is_empty.sql"), [], |row| row.get(0)).map_err(failed(path))?;
    match application {
        0 if empty && format == 0 => Ok(Found::Nothing),
        APPLICATION_ID if format > FORMAT => {
            Err(OpenError::Newer { path: path.to_owned(), found: format, known: FORMAT })
        }
        APPLICATION_ID if format == FORMAT => Ok(Found::Store),
        _ => Err(foreign()),
    }
}

/// Makes an empty file a store, in one transaction: a crash leaves it empty or whole.
pub(super) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for statement in [
        include_str!("sql/create_streams.sql"),
        include_str!("sql/create_kinds.sql"),
        include_str!("sql/create_events.sql"),
        include_str!("sql/create_events_index.sql"),
        include_str!("sql/create_snapshots.sql"),
    ] {
        transaction.execute(statement, [])?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}

pub(super) fn failed(path: &Path) -> impl Fn(rusqlite::Error) -> OpenError {
    move |source| match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::Foreign { path: path.to_owned() },
        _ => OpenError::Sqlite { path: path.to_owned(), source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_that_corrupts_is_refused() {
        check_sqlite().unwrap();
        check_version(3_051_003, "3.51.3").unwrap();
        let refused = check_version(3_051_002, "3.51.2").unwrap_err();
        assert!(refused.to_string().starts_with("SQLite 3.51.2 can corrupt"), "{refused}");
    }
}
