//! Keeps the log short without keeping commits waiting.
//!
//! A thread copies the log into the database whenever it has grown by some megabytes. While commits go on, it never
//! reaches the end of the log, and only then can the log begin anew. So the writer itself copies the little that is
//! left when the thread is nearly there, and all of it when the log has grown beyond all bounds.

use std::{
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

use rusqlite::{Connection, Statement};

use super::health::{FAILED_SYNC, Health};

const MIB: u64 = 1024 * 1024;
/// The thread is woken when so much of the log is not copied yet.
const COPY_BYTES: u64 = 8 * MIB;
/// A log of this length begins anew as soon as little of it is left to copy.
const LONG_BYTES: u64 = 32 * MIB;
/// What the writer copies between two commits: some milliseconds.
const LITTLE_BYTES: u64 = 4 * MIB;
/// From here on commits wait for the log to be copied. Later tries follow when it has grown by `LITTLE_BYTES` more.
const TOO_LONG_BYTES: u64 = 128 * MIB;

/// What the log keeps with each page.
const FRAME_HEADER_BYTES: u64 = 24;

/// The writer's part.
pub(super) struct Checkpoints<'c> {
    state: Statement<'c>,
    copy: Statement<'c>,
    frame_bytes: u64,
    wake: Option<mpsc::SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    /// The length of the log, in bytes, below which the writer does not try again.
    patience: u64,
}

/// The log's length and how much of it is copied, in bytes.
struct Log {
    length: u64,
    copied: u64,
}

impl<'c> Checkpoints<'c> {
    pub(super) fn new(writer: &'c Connection, own: Connection, health: Arc<Health>) -> rusqlite::Result<Self> {
        let page: u32 = writer.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let (wake, woken) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("events-checkpointer".to_owned())
            .spawn(move || run(&own, &woken, &health))
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(Self {
            state: writer.prepare(include_str!("sql/checkpoint_state.sql"))?,
            copy: writer.prepare(include_str!("sql/checkpoint.sql"))?,
            frame_bytes: u64::from(page) + FRAME_HEADER_BYTES,
            wake: Some(wake),
            thread: Some(thread),
            patience: 0,
        })
    }

    /// To be called after each commit.
    pub(super) fn after_commit(&mut self) -> rusqlite::Result<()> {
        let log = log(&mut self.state, self.frame_bytes)?;
        let left = log.length - log.copied;
        if log.length < self.patience {
            // The log began anew.
            if log.length < LONG_BYTES {
                self.patience = 0;
            }
        } else if (log.length >= LONG_BYTES && left <= LITTLE_BYTES && left > 0) || log.length >= TOO_LONG_BYTES {
            self.patience = log.length + LITTLE_BYTES;
            return self.copy.query_row([], |_| Ok(()));
        }
        if left >= COPY_BYTES
            && let Some(wake) = &self.wake
        {
            // One that is waiting already is as good as another.
            let _ = wake.try_send(());
        }
        Ok(())
    }

    pub(super) fn stop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the checkpointer of the event store panicked");
        }
    }
}

fn log(state: &mut Statement<'_>, frame_bytes: u64) -> rusqlite::Result<Log> {
    state.query_row([], |row| {
        let (frames, copied): (i64, i64) = (row.get(1)?, row.get(2)?);
        let bytes = |frames: i64| u64::try_from(frames).unwrap_or(0) * frame_bytes;
        Ok(Log { length: bytes(frames), copied: bytes(copied.min(frames)) })
    })
}

fn run(connection: &Connection, woken: &mpsc::Receiver<()>, health: &Health) {
    while woken.recv().is_ok() {
        if let Err(error) = connection.query_row(include_str!("sql/checkpoint.sql"), [], |_| Ok(())) {
            if is_failed_sync(&error) {
                health.stop(FAILED_SYNC, &error);
                return;
            }
            tracing::warn!(%error, "the log of the event store could not be copied, and grows until it can be");
        }
    }
}

/// What the failed sync should have kept may be lost while reads still show it: nothing may be built on it.
pub(super) fn is_failed_sync(error: &rusqlite::Error) -> bool {
    const IOERR_FSYNC: i32 = 10 | (4 << 8);
    const IOERR_DIR_FSYNC: i32 = 10 | (5 << 8);
    error.sqlite_error().is_some_and(|error| matches!(error.extended_code, IOERR_FSYNC | IOERR_DIR_FSYNC))
}
