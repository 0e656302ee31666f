//! The one thread that writes: it takes whatever waits, commits it as a group, and answers.

use std::{collections::HashMap, sync::Arc, time::Duration};

use orderflow_engine::{
    Append, AppendError, Appended, Cause, Position, Snapshot, StreamName, Ticket, store::Completer,
};
use rusqlite::{Connection, ErrorCode, config::DbConfig};
use tokio::sync::{mpsc, oneshot};

use super::{
    batch::Batch,
    checkpoint::{self, Checkpoints},
    head::Head,
    health::{FAILED_SYNC, Health, StoreHealth},
    lock::WriterLock,
};

/// What one look into the queue takes.
const MAX_REQUESTS: usize = 1024;
/// A transaction is committed when it holds so much, whatever still waits.
const MAX_EVENTS: usize = 4096;
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// How long closing waits for readers before it leaves the log to be copied at the next opening.
const CLOSING: Duration = Duration::from_millis(500);

pub(super) enum Request {
    /// With the ticket of the append that it rests on.
    Append(Append, Option<Ticket>, Completer),
    Snapshot(StreamName, Snapshot),
    Close(oneshot::Sender<()>),
}

/// What the thread is given.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) checkpointer: Connection,
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) head: Arc<Head>,
    pub(super) health: Arc<Health>,
    pub(super) cached_streams: usize,
    pub(super) lock: WriterLock,
}

/// What it works with.
struct Work<'c> {
    batch: Batch<'c>,
    checkpoints: Checkpoints<'c>,
    head: &'c Head,
    health: &'c Health,
    /// Whether the last group failed, so that success after it is told.
    failing: bool,
    /// Who waits for this group, and what each is told when it is durable.
    asked: Vec<Completer>,
    decisions: Vec<Result<Appended, AppendError>>,
    /// The streams whose last append in this group failed.
    failures: HashMap<StreamName, AppendError>,
}

/// Why a group came to nothing.
enum Failure {
    /// Nothing of it was written.
    Nothing(rusqlite::Error),
    /// It may have been written.
    Doubt(rusqlite::Error),
}

impl Writer {
    pub(super) fn run(self) {
        let Self { connection, checkpointer, mut requests, head, health, cached_streams, lock } = self;
        let closing = match Work::new(&connection, checkpointer, &head, &health, cached_streams) {
            Ok(mut work) => {
                let closing = work.serve(&mut requests);
                work.checkpoints.stop();
                closing
            }
            Err(error) => {
                health.stop("before it began", &error);
                Vec::new()
            }
        };
        drop(requests);
        close(connection, &health);
        drop(lock);
        drop(closing);
    }
}

/// Copies the log into the database and closes it; the log goes when no reader is left.
fn close(connection: Connection, health: &Health) {
    if health.stopped().is_some() {
        // What is in the log beyond the failed sync is in doubt: the next opening finds out.
        let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        return;
    }
    let truncated = connection
        .busy_timeout(CLOSING)
        .and_then(|()| connection.query_row(include_str!("sql/checkpoint_truncate.sql"), [], |_| Ok(())));
    if let Err(error) = truncated {
        tracing::warn!(%error, "the log of the event store is left to the next opening");
    }
    health.set(StoreHealth::Closed);
}

impl<'c> Work<'c> {
    fn new(
        connection: &'c Connection, checkpointer: Connection, head: &'c Head, health: &'c Arc<Health>,
        cached_streams: usize,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            batch: Batch::new(connection, cached_streams)?,
            checkpoints: Checkpoints::new(connection, checkpointer, Arc::clone(health))?,
            head,
            health,
            failing: false,
            asked: Vec::with_capacity(MAX_REQUESTS),
            decisions: Vec::with_capacity(MAX_REQUESTS),
            failures: HashMap::new(),
        })
    }

    /// Until the last sender is gone or somebody closes the store; gives those who wait for the end.
    fn serve(&mut self, requests: &mut mpsc::Receiver<Request>) -> Vec<oneshot::Sender<()>> {
        let mut waiting = Vec::with_capacity(MAX_REQUESTS);
        let mut closing = Vec::new();
        while requests.blocking_recv_many(&mut waiting, MAX_REQUESTS) > 0 {
            let mut group = waiting.drain(..);
            while group.len() > 0 {
                self.write(&mut group, &mut closing);
            }
            if !closing.is_empty() {
                requests.close();
            }
        }
        closing
    }

    /// Writes as much of `group` as one transaction takes, and answers.
    fn write(&mut self, group: &mut impl Iterator<Item = Request>, closing: &mut Vec<oneshot::Sender<()>>) {
        if let Some(cause) = self.health.stopped() {
            self.refuse(group, closing);
            return self.answer(&AppendError::Unavailable(cause));
        }
        let before = self.batch.last();
        if let Err(error) = self.batch.begin() {
            self.refuse(group, closing);
            return self.failed(Failure::Nothing(error));
        }
        let written = self.carry_out(group, closing).map_err(Failure::Nothing);
        match written.and_then(|()| self.batch.commit().map_err(in_commit)) {
            Ok(()) => self.committed(before),
            Err(failure) => self.failed(failure),
        }
    }

    fn carry_out(
        &mut self, group: &mut impl Iterator<Item = Request>, closing: &mut Vec<oneshot::Sender<()>>,
    ) -> rusqlite::Result<()> {
        let (mut events, mut bytes) = (0, 0);
        self.failures.clear();
        while events < MAX_EVENTS && bytes < MAX_BYTES {
            match group.next() {
                Some(Request::Append(append, rests_on, completer)) => {
                    self.asked.push(completer);
                    let decision = self.decide(&append, rests_on.as_ref())?;
                    self.decisions.push(decision);
                    events += append.events.len();
                    bytes += append.events.iter().map(|event| event.data.len() + append.metadata.len()).sum::<usize>();
                }
                Some(Request::Snapshot(stream, snapshot)) => {
                    self.batch.snapshot(&stream, &snapshot)?;
                    bytes += snapshot.data.len();
                }
                Some(Request::Close(done)) => closing.push(done),
                None => break,
            }
        }
        Ok(())
    }

    /// What an append rests on was decided in an earlier group, or is the last one of its stream in this.
    fn decide(
        &mut self, append: &Append, rests_on: Option<&Ticket>,
    ) -> rusqlite::Result<Result<Appended, AppendError>> {
        let failed = rests_on.and_then(|ticket| match ticket.peek() {
            Some(_) => ticket.fails(append.expected),
            None => self.failures.get(&append.stream).map(|error| error.for_what_rests_on_it(append.expected)),
        });
        let decision = match failed {
            Some(error) => Err(error),
            None => self.batch.append(append)?,
        };
        match &decision {
            Ok(_) if self.failures.is_empty() => {}
            Ok(_) => drop(self.failures.remove(&append.stream)),
            Err(error) => drop(self.failures.insert(append.stream.clone(), error.clone())),
        }
        Ok(decision)
    }

    /// Takes all of `group` without carrying it out.
    fn refuse(&mut self, group: &mut impl Iterator<Item = Request>, closing: &mut Vec<oneshot::Sender<()>>) {
        for request in group {
            match request {
                Request::Append(_, _, completer) => self.asked.push(completer),
                Request::Snapshot(..) => {}
                Request::Close(done) => closing.push(done),
            }
        }
    }

    /// Gives everybody the same answer.
    fn answer(&mut self, error: &AppendError) {
        self.decisions.clear();
        for completer in self.asked.drain(..) {
            completer.complete(Err(error.clone()));
        }
    }

    fn committed(&mut self, before: Position) {
        let head = self.batch.last();
        self.head.set(head);
        for (completer, decision) in self.asked.drain(..).zip(self.decisions.drain(..)) {
            completer.complete(decision);
        }
        if head != before {
            self.head.wake();
        }
        if std::mem::take(&mut self.failing) {
            self.health.set(StoreHealth::Serving);
        }
        match self.checkpoints.after_commit() {
            Ok(()) => {}
            Err(error) if checkpoint::is_failed_sync(&error) => self.health.stop(FAILED_SYNC, &error),
            Err(error) => tracing::warn!(%error, "the log of the event store could not be copied"),
        }
    }

    fn failed(&mut self, failure: Failure) {
        let answer = match failure {
            Failure::Nothing(error) => {
                tracing::warn!(%error, "the event store wrote nothing of a group");
                let cause = Cause::new(error);
                self.failing = true;
                self.health.set(StoreHealth::Failing(cause.clone()));
                AppendError::Unavailable(cause)
            }
            Failure::Doubt(error) => {
                self.health.stop(FAILED_SYNC, &error);
                AppendError::Indeterminate(Cause::new(error))
            }
        };
        if let Err(error) = self.batch.roll_back() {
            self.health.stop("when it could not undo a group", &error);
        }
        self.answer(&answer);
    }
}

fn in_commit(error: rusqlite::Error) -> Failure {
    match error.sqlite_error_code() {
        // The log is written before it is synced, and what is written of it without its last frame does not count.
        Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => Failure::Nothing(error),
        _ => Failure::Doubt(error),
    }
}
