//! Why a Postgres store could not be opened, and what the errors of the server mean.

use std::time::Duration;

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use super::connect::Place;

/// Why an event store could not be opened. Nothing was changed in the database.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("this is not a URL of a Postgres database: {reason}; write postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    Url { reason: String },
    #[error("the URL of the event store names no user: write postgres://USER@HOST/DATABASE")]
    NoUser,
    #[error("the URL of the event store names no database: write postgres://USER@HOST/DATABASE")]
    NoDatabase,
    #[error("{place} refused the user: correct the name or the password in the URL ({source})")]
    Credentials { place: Place, source: sqlx::Error },
    #[error("{place} has no such database: create it, or correct the name in the URL ({source})")]
    UnknownDatabase { place: Place, source: sqlx::Error },
    #[error("{place} could not be reached: start the server, or correct the URL ({source})")]
    Unreachable { place: Place, source: sqlx::Error },
    #[error("{place} did not answer within {} ms: try again, or correct the URL", patience.as_millis())]
    Silent { place: Place, patience: Duration },
    #[error("{place} takes no more connections: try again later, or raise its limit ({source})")]
    Full { place: Place, source: sqlx::Error },
    #[error("{place} takes no writes, as it is a standby or set to be read only: correct the URL")]
    ReadOnly { place: Place },
    #[error("there is no event store in {place}: start a process that writes it first")]
    Missing { place: Place },
    #[error(
        "the event store in {place} has schema {found} and this program knows schemas up to {known}: use a newer \
         version of the program"
    )]
    Newer { place: Place, found: i32, known: i32 },
    #[error(
        "the event store in {place} has schema {found} and this program needs {known}: start a process that writes it first"
    )]
    Older { place: Place, found: i32, known: i32 },
    #[error("the event store in {place} could not be opened: {source}")]
    Failed { place: Place, source: sqlx::Error },
}

/// SQLSTATEs of the append function, which are its own.
const UNKNOWN_WRITER: &str = "OF001";
/// SQLSTATE of a server that writes nothing.
const READ_ONLY: &str = "25006";

/// What an error says about the statement that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The server undid the statement, and the connection is good.
    Undone,
    /// The server undid the statement, as it does with every one that writes: it is not the one to be connected to.
    ReadOnly,
    /// The server does not know this writer: the statement did nothing, and no copy of it will.
    UnknownWriter,
    /// The connection is lost, and with it what became of the statement.
    Lost,
}

pub(super) fn meaning(error: &sqlx::Error) -> Meaning {
    match server_error(error) {
        // An error that ends the session can come when the statement is committed already.
        Some(error) => match error.severity() {
            PgSeverity::Error if error.code() == UNKNOWN_WRITER => Meaning::UnknownWriter,
            PgSeverity::Error if error.code() == READ_ONLY => Meaning::ReadOnly,
            PgSeverity::Error => Meaning::Undone,
            PgSeverity::Panic
            | PgSeverity::Fatal
            | PgSeverity::Warning
            | PgSeverity::Notice
            | PgSeverity::Debug
            | PgSeverity::Info
            | PgSeverity::Log => Meaning::Lost,
        },
        None => Meaning::Lost,
    }
}

pub(super) fn connecting(place: &Place) -> impl Fn(sqlx::Error) -> OpenError {
    let place = place.clone();
    move |source| {
        let place = place.clone();
        let unreachable = matches!(source, sqlx::Error::Io(_) | sqlx::Error::Tls(_));
        match server_error(&source).map(PgDatabaseError::code) {
            Some("28P01" | "28000") => OpenError::Credentials { place, source },
            Some("3D000") => OpenError::UnknownDatabase { place, source },
            Some("53300") => OpenError::Full { place, source },
            Some("57P03") => OpenError::Unreachable { place, source },
            None if unreachable => OpenError::Unreachable { place, source },
            Some(_) | None => OpenError::Failed { place, source },
        }
    }
}

fn server_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error().and_then(|error| error.try_downcast_ref())
}
