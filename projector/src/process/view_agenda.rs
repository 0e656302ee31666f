//! The agenda kept by a target: its checkpoints, and the deadlines in the `processes` view.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use orderflow_engine::{Category, Cause, Position, Slices, StreamName, Tenant, Timestamp};
use rusqlite::{Connection, OpenFlags};

use super::agenda::{Agenda, AgendaError};
use crate::target::{AnyTarget, PostgresTarget, Target};

/// So many deadlines are taken at a time; the next look finds the others.
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

    async fn due(&self, process: Category, now: Timestamp) -> Result<Vec<StreamName>, AgendaError> {
        let due = match &self.views {
            Views::File(connection) => {
                let connection = Arc::clone(connection);
                let due = move || due(&connection.lock().unwrap_or_else(PoisonError::into_inner), process, now);
                tokio::task::spawn_blocking(due).await.map_err(failed)?.map_err(failed)?
            }
            Views::Postgres(target) => {
                target.due(process.as_str(), now.timestamp_micros(), AT_A_TIME).await.map_err(failed)?
            }
        };
        let stream = |(tenant, id)| Some(StreamName::new(&Tenant::new(tenant).ok()?, process, id));
        Ok(due.into_iter().filter_map(stream).collect())
    }
}

fn due(views: &Connection, process: Category, now: Timestamp) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement = views.prepare_cached(include_str!("due.sql"))?;
    let rows = statement
        .query_map((process.as_str(), now.timestamp_micros(), AT_A_TIME), |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}
