//! The agenda kept by a target: its checkpoints, and the deadlines in the `processes` view.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::DateTime;
use orderflow_engine::{Category, Cause, Position, Slices, StreamName, Tenant, Timestamp};
use rusqlite::{Connection, OpenFlags};

use super::agenda::{Agenda, AgendaError, Overdue};
use crate::target::{AnyTarget, PostgresTarget, Target};

/// So many deadlines are looked at in one piece.
const AT_A_TIME: u32 = 256;

/// Reads deadlines from the views, beside whoever writes them.
pub struct ViewAgenda {
    target: AnyTarget,
    views: Views,
}

enum Views {
    /// A connection of its own to the file of views.
    File(Arc<Mutex<Connection>>),
    Postgres(PostgresTarget),
}

impl ViewAgenda {
    pub fn open(target: AnyTarget, views: &Path) -> Result<Self, AgendaError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(views, flags).map_err(failed)?;
        Ok(Self { target, views: Views::File(Arc::new(Mutex::new(connection))) })
    }
}

impl From<PostgresTarget> for ViewAgenda {
    fn from(target: PostgresTarget) -> Self {
        Self { target: target.clone().into(), views: Views::Postgres(target) }
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> AgendaError {
    AgendaError(Cause::new(error))
}

impl Agenda for ViewAgenda {
    async fn checkpoint(&self, follower: &'static str, slices: Slices) -> Result<Position, AgendaError> {
        self.target.checkpoint(follower, slices).await.map_err(failed)
    }

    async fn set_checkpoint(
        &self, follower: &'static str, slices: Slices, position: Position,
    ) -> Result<(), AgendaError> {
        self.target.set_checkpoint(follower, slices, position).await.map_err(failed)
    }

    async fn due(
        &self, process: Category, now: Timestamp, after: Option<&Overdue>,
    ) -> Result<Vec<Overdue>, AgendaError> {
        let after = after.map_or((i64::MIN, String::new(), String::new()), |after| {
            let stream = &after.stream;
            (after.deadline.timestamp_micros(), stream.tenant().as_str().to_owned(), stream.id().to_owned())
        });
        let now = now.timestamp_micros();
        let due = match &self.views {
            Views::File(connection) => {
                let connection = Arc::clone(connection);
                let due = move || due(&connection.lock().unwrap_or_else(PoisonError::into_inner), process, now, after);
                tokio::task::spawn_blocking(due).await.map_err(failed)?.map_err(failed)?
            }
            Views::Postgres(target) => target.due(process.as_str(), now, after, AT_A_TIME).await.map_err(failed)?,
        };
        let overdue = |(deadline, tenant, id)| {
            let stream = StreamName::new(&Tenant::new(tenant).ok()?, process, id);
            Some(Overdue { deadline: DateTime::from_timestamp_micros(deadline)?, stream })
        };
        Ok(due.into_iter().filter_map(overdue).collect())
    }
}

/// A deadline in microseconds, the tenant and the id of whose it is.
type Row = (i64, String, String);

fn due(views: &Connection, process: Category, now: i64, after: Row) -> rusqlite::Result<Vec<Row>> {
    let mut statement = views.prepare_cached(include_str!("due.sql"))?;
    let (deadline, tenant, id) = after;
    let rows = statement.query_map((process.as_str(), now, AT_A_TIME, deadline, tenant, id), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    rows.collect()
}
