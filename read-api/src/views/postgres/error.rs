//! What the server's errors mean to a reader.

use orderflow_engine::Cause;

use crate::views::ViewError;

/// The server, or the way to it, is gone: whatever was asked was not answered.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match code(error) {
        // Connection exceptions, and a server that shuts down, crashes, or is not up yet.
        Some(code) => code.starts_with("08") || code.starts_with("57P"),
        None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_)),
    }
}

/// The same question may be answered at once on another connection.
pub(super) fn is_passing(error: &sqlx::Error) -> bool {
    // A plan that the connection has kept does not fit the view any more; or the one to end of a deadlock was this one.
    is_lost(error) || matches!(code(error).as_deref(), Some("0A000" | "40001" | "40P01"))
}

/// Something else has locked what is asked for, such as a switch of generations, and may be waiting for what this read
/// has locked. It has given up what it had.
pub(super) fn is_behind_a_lock(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some("55P03")
}

pub(super) fn failed(error: sqlx::Error) -> ViewError {
    match code(&error).as_deref() {
        // No such schema, table or column: they are made, or made anew, by a projector.
        Some("3F000" | "42P01" | "42703") => ViewError::NotReady,
        Some("57014") => ViewError::TooSlow,
        // Connections, memory or the like have run out.
        Some(code) if code.starts_with("53") => ViewError::Busy,
        Some(_) | None => ViewError::Failed(Cause::new(error)),
    }
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(std::borrow::Cow::into_owned)
}
