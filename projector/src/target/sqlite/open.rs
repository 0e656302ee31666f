//! Opening the file of views: whose it is, who else has it, and how it is to be written.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema;

/// "OFVW": says that a file is ours.
const APPLICATION_ID: i32 = 0x4f46_5657;
/// The layout of the tables beside the views; raised when an older program could not write it any more.
const LAYOUT: i32 = 1;
/// Older versions could damage a WAL file that several connections write and checkpoint.
const SOUND_SQLITE: i32 = 3_051_003;

/// Why a file of views was not opened. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("'{}' is written by another projector: stop it first", path.display())]
    Locked { path: PathBuf },
    #[error("'{}' is not a file of views: give another path, or move the file away", path.display())]
    Foreign { path: PathBuf },
    #[error(
        "'{}' was written by a newer version of the program (layout {found}, this one knows {LAYOUT}): \
         run that version, or delete the file and its views are rebuilt", path.display()
    )]
    Newer { path: PathBuf, found: i32 },
    #[error("'{}' is damaged: delete it, and its views are rebuilt from the events", path.display())]
    Damaged { path: PathBuf, source: rusqlite::Error },
    #[error("SQLite {found} can damage files in WAL mode: link 3.51.3 or later")]
    AffectedSqlite { found: &'static str },
    #[error("'{}' could not be opened", path.display())]
    Lock { path: PathBuf, source: std::io::Error },
    #[error("'{}' could not be opened", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
}

impl OpenError {
    fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Foreign { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, source },
            Some(_) | None => Self::Sqlite { path, source },
        }
    }
}

pub(super) fn writer(path: &Path) -> Result<(Connection, File), OpenError> {
    sound(rusqlite::version_number())?;
    let lock = lock(path)?;
    let connection = connect(path).map_err(|source| OpenError::from_sqlite(path, source))?;
    recognise(path, &connection)?;
    prepare(&connection).map_err(|source| OpenError::from_sqlite(path, source))?;
    Ok((connection, lock))
}

pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn sound(version: i32) -> Result<(), OpenError> {
    if version < SOUND_SQLITE {
        return Err(OpenError::AffectedSqlite { found: rusqlite::version() });
    }
    Ok(())
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options().create(true).truncate(false).write(true).open(PathBuf::from(name));
    let file = file.map_err(|source| OpenError::Lock { path: path.to_owned(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(OpenError::Lock { path: path.to_owned(), source }),
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

/// Refuses what is not ours before anything is written.
fn recognise(path: &Path, connection: &Connection) -> Result<(), OpenError> {
    let ask = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i32>(0));
    let asked = || -> rusqlite::Result<_> {
        Ok((
            ask("PRAGMA application_id")?,
            ask("PRAGMA user_version")?,
            ask("SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)")?,
        ))
    };
    match asked().map_err(|source| OpenError::from_sqlite(path, source))? {
        (APPLICATION_ID, found, _) if found > LAYOUT => Err(OpenError::Newer { path: path.to_owned(), found }),
        (APPLICATION_ID, _, _) | (0, 0, 0) => Ok(()),
        _ => Err(OpenError::Foreign { path: path.to_owned() }),
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    // A view that lost its last writes in a power cut has lost their checkpoint too, and takes them again.
    connection.pragma_update(None, "synchronous", "normal")?;
    // Rows come in the order of random keys: the longer the log of pages, the more often a page is in it already.
    connection.pragma_update(None, "wal_autocheckpoint", 16_000)?;
    connection.pragma_update(None, "journal_size_limit", 128 << 20)?;
    connection.pragma_update(None, "cache_size", -128_000)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.set_prepared_statement_cache_capacity(512);
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {LAYOUT}; COMMIT;",
        schema::BESIDE_THE_VIEWS
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_affected_sqlite_is_refused() {
        assert!(matches!(sound(3_051_002), Err(OpenError::AffectedSqlite { .. })));
        sound(rusqlite::version_number()).unwrap();
    }

    #[test]
    fn a_second_writer_is_refused_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("views.db");
        let first = writer(&path).unwrap();
        assert!(matches!(writer(&path), Err(OpenError::Locked { .. })));
        drop(first);
        writer(&path).unwrap();
    }

    #[test]
    fn what_is_not_ours_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("text.db");
        let text = "not a database, ".repeat(100);
        std::fs::write(&path, &text).unwrap();
        assert!(matches!(writer(&path), Err(OpenError::Foreign { .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);

        let path = dir.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
        assert!(matches!(writer(&path), Err(OpenError::Foreign { .. })));
    }

    #[test]
    fn a_file_of_a_newer_program_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("views.db");
        let (connection, lock) = writer(&path).unwrap();
        connection.pragma_update(None, "user_version", LAYOUT + 1).unwrap();
        drop((connection, lock));
        let refused = writer(&path).unwrap_err();
        assert!(matches!(refused, OpenError::Newer { found: 2, .. }), "{refused}");
    }
}
