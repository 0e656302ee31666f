//! The agenda kept by a target: its checkpoints, and the deadlines in the `processes` view.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use orderflow_engine::{Category, Cause, Position, StreamName, Tenant, Timestamp};
use rusqlite::{Connection, OpenFlags};

use super::agenda::{Agenda, AgendaError};
use crate::target::{AnyTarget, Target};

/// So many deadlines are taken at a time; the next look finds the others.
const AT_A_TIME: u32 = 256;

/// Reads deadlines from the views file on a connection of its own, beside the writer.
pub struct ViewAgenda {
    target: AnyTarget,
    views: Arc<Mutex<Connection>>,
}

impl ViewAgenda {
    pub fn open(target: AnyTarget, views: &Path) -> Result<Self, AgendaError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(views, flags).map_err(failed)?;
        Ok(Self { target, views: Arc::new(Mutex::new(connection)) })
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> AgendaError {
    AgendaError(Cause::new(error))
}

impl Agenda for ViewAgenda {
    async fn checkpoint(&self, follower: &'static str) -> Result<Position, AgendaError> {
        self.target.checkpoint(follower).await.map_err(failed)
    }

    async fn set_checkpoint(&self, follower: &'static str, position: Position) -> Result<(), AgendaError> {
        self.target.set_checkpoint(follower, position).await.map_err(failed)
    }

    async fn due(&self, process: Category, now: Timestamp) -> Result<Vec<StreamName>, AgendaError> {
        let views = Arc::clone(&self.views);
        let due = move || due(&views.lock().unwrap_or_else(PoisonError::into_inner), process, now);
        tokio::task::spawn_blocking(due).await.map_err(failed)?.map_err(failed)
    }
}

fn due(views: &Connection, process: Category, now: Timestamp) -> rusqlite::Result<Vec<StreamName>> {
    let mut statement = views.prepare_cached(include_str!("due.sql"))?;
    let rows = statement.query_map((process.as_str(), now.timestamp_micros(), AT_A_TIME), |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut due = Vec::new();
    for row in rows {
        let (tenant, id) = row?;
        if let Ok(tenant) = Tenant::new(tenant) {
            due.push(StreamName::new(&tenant, process, id));
        }
    }
    Ok(due)
}
