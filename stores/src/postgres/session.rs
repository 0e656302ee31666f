//! The connection that appends, and the writer's name on the server. Whatever is lost with a connection is asked for
//! again on the next one.

use std::{collections::HashMap, time::Duration};

use orderflow_engine::{Snapshot, StreamName};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{
    connect::{Address, within},
    error::{Meaning, meaning},
    group::{Answer, Arguments},
    known::Known,
    writer::Queued,
};

pub(super) struct Session {
    address: Address,
    /// How long the server may take for one statement.
    patience: Duration,
    connection: Option<PgConnection>,
    writer: Option<Writer>,
    kinds: HashMap<&'static str, i16>,
    known: Known,
}

/// Under which the server keeps the last answer.
struct Writer {
    id: String,
    last_batch: i64,
}

/// Why an attempt has no answer.
#[derive(Debug)]
pub(super) enum Failed {
    /// It was not sent.
    Unsent(sqlx::Error),
    /// The server carried out nothing of it.
    Undone(sqlx::Error),
    /// The server does not know the writer: this call was not carried out, and no copy of it will be.
    UnknownWriter(sqlx::Error),
    /// It may have been carried out, or may be still.
    Doubt(sqlx::Error),
}

impl Session {
    /// Remembers so many streams.
    pub(super) fn new(address: Address, patience: Duration, streams: usize) -> Self {
        let (kinds, known) = (HashMap::new(), Known::new(streams));
        Self { address, patience, connection: None, writer: None, kinds, known }
    }

    /// Begins a call: every attempt at it has the same number.
    ///
    /// The server carries out each number once, and none after a later one. So asking again is safe and tells what
    /// became of the first attempt; and an attempt that arrives late, on a connection given up long ago, does nothing.
    pub(super) fn begin(&mut self) {
        if let Some(writer) = &mut self.writer {
            writer.last_batch += 1;
        }
    }

    /// One attempt at the call that was begun.
    pub(super) async fn append(&mut self, appends: &[Queued]) -> Result<Answer, Failed> {
        self.learn_kinds(appends).await.map_err(|error| match meaning(&error) {
            Meaning::Undone | Meaning::ReadOnly | Meaning::UnknownWriter => Failed::Undone(error),
            Meaning::Lost => Failed::Unsent(error),
        })?;
        match self.call(appends).await {
            Ok(answer) => Ok(answer),
            Err(error) => Err(match meaning(&error) {
                Meaning::Undone | Meaning::ReadOnly => Failed::Undone(error),
                Meaning::UnknownWriter => {
                    self.writer = None;
                    Failed::UnknownWriter(error)
                }
                Meaning::Lost => Failed::Doubt(error),
            }),
        }
    }

    async fn call(&mut self, appends: &[Queued]) -> Result<Answer, sqlx::Error> {
        let patience = self.patience;
        let arguments = Arguments::new(appends, &self.kinds, &self.known);
        let (known_head, places) = (self.known.head(), arguments.places.clone());
        let call = sqlx::query_as(include_str!("sql/append.sql"));
        let (connection, writer) = self.connected().await?;
        let call = call
            .bind(writer.id.as_str())
            .bind(writer.last_batch)
            .bind(arguments.names)
            .bind(arguments.slices)
            .bind(known_head)
            .bind(arguments.known_ids)
            .bind(arguments.known_versions)
            .bind(arguments.places)
            .bind(arguments.expected)
            .bind(arguments.counts)
            .bind(arguments.rests_on_last)
            .bind(arguments.appends)
            .bind(arguments.nths)
            .bind(arguments.kinds)
            .bind(arguments.times)
            .bind(arguments.metadata)
            .bind(arguments.data);
        // The row comes before the commit: `fetch_one` waits for the end of the statement, which comes after it.
        let answered = within(patience, call.fetch_one(connection)).await;
        let answered = self.keep(answered);
        let (before, outcomes, ids, changed) = answered.inspect_err(|_| self.known.forget())?;
        let answer = Answer { before, outcomes, ids, changed };
        self.known.learn(&answer, appends.iter().map(|queued| &queued.append), &places);
        Ok(answer)
    }

    /// Keeps snapshots in place of those their streams have.
    pub(super) async fn save(&mut self, snapshots: &HashMap<StreamName, Snapshot>) -> Result<(), sqlx::Error> {
        let (mut streams, mut versions, mut schemas, mut data) = (vec![], vec![], vec![], vec![]);
        // In one order for all writers, so that none waits for another in a circle.
        let mut snapshots: Vec<_> = snapshots.iter().collect();
        snapshots.sort_unstable_by_key(|(stream, _)| *stream);
        for (stream, snapshot) in snapshots {
            streams.push(stream.as_str());
            versions.push(snapshot.version.0.cast_signed());
            schemas.push(i64::from(snapshot.schema));
            data.push(&snapshot.data[..]);
        }
        let patience = self.patience;
        let save = sqlx::query(include_str!("sql/save_snapshots.sql"));
        let save = save.bind(streams).bind(versions).bind(schemas).bind(data);
        let (connection, _) = self.connected().await?;
        let saved = within(patience, save.execute(connection)).await;
        self.keep(saved).map(drop)
    }

    /// Whether the server is there and takes appends: connects, or asks on the connection there is.
    pub(super) async fn look(&mut self) -> Result<(), sqlx::Error> {
        let patience = self.patience;
        let (connection, _) = self.connected().await?;
        let answered = within(patience, is_read_only(connection)).await;
        if self.keep(answered)? {
            // Behind the same address there may be another server in a moment.
            self.connection = None;
            return Err(sqlx::Error::Io(std::io::Error::other("the server is a standby, or set to be read only")));
        }
        Ok(())
    }

    pub(super) async fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            // The server notices by itself when it is not told.
            let _ = within(self.patience, connection.close()).await;
        }
    }

    /// So that every kind that occurs has an id. It is committed before the events are, and harmless without them.
    async fn learn_kinds(&mut self, appends: &[Queued]) -> Result<(), sqlx::Error> {
        let patience = self.patience;
        // Even with nothing to learn: whatever fails up to here was not the call.
        self.connected().await?;
        let kinds = appends.iter().flat_map(|queued| &queued.append.events).map(|event| event.kind);
        let mut new: Vec<&'static str> = kinds.filter(|kind| !self.kinds.contains_key(kind)).collect();
        new.sort_unstable();
        new.dedup();
        if new.is_empty() {
            return Ok(());
        }
        let (connection, _) = self.connected().await?;
        let learned = within(patience, kind_ids(connection, &new)).await;
        let learned = self.keep(learned)?;
        self.kinds.extend(new.into_iter().filter_map(|kind| Some((kind, *learned.get(kind)?))));
        Ok(())
    }

    /// The connection, and the name under which the server knows this writer.
    async fn connected(&mut self) -> Result<(&mut PgConnection, &Writer), sqlx::Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let mut connection = self.address.connect().await?;
                let set = sqlx::query(include_str!("sql/ensure_synchronous_commit.sql"));
                within(self.patience, set.execute(&mut connection)).await?;
                // A server that took another's place may have given other ids, and hold less.
                self.kinds.clear();
                self.known.forget();
                connection
            }
        };
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => within(self.patience, Writer::introduce(&mut connection)).await?,
        };
        Ok((self.connection.insert(connection), self.writer.insert(writer)))
    }

    /// A connection that is lost is not used again.
    fn keep<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if answer.as_ref().is_err_and(|error| matches!(meaning(error), Meaning::Lost | Meaning::ReadOnly)) {
            self.connection = None;
        }
        answer
    }
}

pub(super) async fn is_read_only(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/is_read_only.sql")).fetch_one(connection).await
}

impl Writer {
    async fn introduce(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let id = Uuid::new_v4().to_string();
        sqlx::query(include_str!("sql/forget_writers.sql")).execute(&mut *connection).await?;
        sqlx::query(include_str!("sql/insert_writer.sql")).bind(&id).execute(connection).await?;
        Ok(Self { id, last_batch: 1 })
    }
}

async fn kind_ids(connection: &mut PgConnection, kinds: &[&str]) -> Result<HashMap<String, i16>, sqlx::Error> {
    let find = || sqlx::query_as(include_str!("sql/find_kinds.sql")).bind(kinds);
    let known: Vec<(i16, String)> = find().fetch_all(&mut *connection).await?;
    // An id that is asked for and not used is lost, so only those are inserted that are not there.
    let missing: Vec<&str> = kinds.iter().copied().filter(|kind| known.iter().all(|(_, name)| name != kind)).collect();
    let known = if missing.is_empty() {
        known
    } else {
        sqlx::query(include_str!("sql/insert_kinds.sql")).bind(missing).execute(&mut *connection).await?;
        find().fetch_all(connection).await?
    };
    Ok(known.into_iter().map(|(id, name)| (name, id)).collect())
}
