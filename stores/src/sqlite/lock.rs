//! The right to write, held by one process at a time.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use super::format::OpenError;

/// Held for as long as the store is open; the operating system lets go of it when the process dies.
pub(super) struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Two writers would give the same positions twice, so the second is refused.
    pub(super) fn take(store: &Path) -> Result<Self, OpenError> {
        let path = beside(store);
        let io = |source| OpenError::Io { path: path.clone(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: store.to_owned() }),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }
}

/// A file of its own, because SQLite's locks on the database file are lost when the process closes any handle on it.
fn beside(store: &Path) -> PathBuf {
    let mut path = OsString::from(store);
    path.push(".lock");
    PathBuf::from(path)
}
