//! Connections that can only read.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

/// One statement per question and shape of a list.
const STATEMENTS: usize = 96;

pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    // Each connection is used by one thread at a time, so SQLite need not guard it with a mutex.
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // A reader of a write-ahead log waits only while the log is recovered or its last writer leaves.
    connection.busy_timeout(Duration::from_millis(250))?;
    connection.pragma_update(None, "query_only", true)?;
    // The writer's commits empty the page cache of a reader; mapped pages come back without a system call.
    connection.pragma_update(None, "mmap_size", 1_i64 << 30)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}
