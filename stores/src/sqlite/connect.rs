//! Connections, set up for what they are for.

use std::{fs, fs::File, io, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::format::{self, Found, OpenError, failed};

/// Another process may hold SQLite's write lock for a moment, while it recovers or truncates the log.
const BUSY: Duration = Duration::from_secs(5);
/// Sizes of page caches, negative because SQLite takes that for KiB. The writer keeps the tail of the log and the inner
/// pages of the indexes; SQLite goes through its whole cache at times, so a larger one costs more than it saves. What
/// a reader keeps is void with the next commit.
const WRITER_CACHE_KIB: i32 = -32 * 1024;
const READER_CACHE_KIB: i32 = -8 * 1024;

/// Opens the store for writing; makes it when there is none.
pub(super) fn writer(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed(path))?;
    connection.busy_timeout(BUSY).map_err(failed(path))?;
    if format::inspect(&connection, path)? == Found::Nothing {
        format::create(&mut connection).map_err(failed(path))?;
    }
    set_up_writer(&connection).map_err(failed(path))?;
    Ok(connection)
}

/// Makes durable whatever is found in the file.
///
/// A process may have been killed between writing a commit and syncing it: the next one finds the commit, in the memory
/// of the kernel alone, and must not answer from it before it is on the disk. Copying the log into the database syncs
/// both, and does not trust pages that a failed sync has marked as written.
pub(super) fn settle(checkpointer: &Connection, path: &Path) -> Result<(), OpenError> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    match File::open(&log) {
        Ok(log) => log.sync_all().map_err(|source| OpenError::Io { path: path.to_owned(), source })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(OpenError::Io { path: path.to_owned(), source }),
    }
    checkpointer.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).map_err(failed(path))
}

fn set_up_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A commit is on the disk before it is acknowledged and before any reader sees it.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The checkpointer does it, so that no commit waits for it.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

/// Opens a connection that only copies the log into the database.
pub(super) fn checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

/// Opens a connection that cannot write.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "cache_size", READER_CACHE_KIB)?;
    Ok(connection)
}

/// Makes the directory of a store, and makes its place in the directories above durable: SQLite does that for its
/// files.
pub(super) fn make_directory(store: &Path) -> Result<(), OpenError> {
    let Some(directory) = store.parent().filter(|directory| !directory.as_os_str().is_empty()) else { return Ok(()) };
    let made = || -> io::Result<()> {
        let missing: Vec<_> = directory.ancestors().take_while(|ancestor| !ancestor.exists()).collect();
        fs::create_dir_all(directory)?;
        for made in missing {
            match made.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all()?,
                _ => File::open(".")?.sync_all()?,
            }
        }
        Ok(())
    };
    made().map_err(|source| OpenError::Io { path: directory.to_owned(), source })
}
