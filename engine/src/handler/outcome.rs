//! What a caller learns of its command.

use crate::{
    codec::DecodeError,
    store::{AppendError, ReadError},
    stream::{Position, Version},
};

/// A command that was carried out, and is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<E> {
    /// The stream's version after the command.
    pub version: Version,
    /// The position of the command's last event; `None` when it had nothing to add.
    pub position: Option<Position>,
    pub events: Vec<E>,
    /// The same command was carried out before: these are its events of then.
    pub repeated: bool,
}

impl<E> Outcome<E> {
    pub(super) fn unchanged(version: Version) -> Self {
        Self { version, position: None, events: Vec::new(), repeated: false }
    }
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum ExecuteError<R> {
    /// Against the rules as things stand. The caller has to change the request.
    #[error("{0}")]
    Rejected(#[source] R),
    /// The stream is not at the version that the caller made a condition: reload.
    #[error("the caller saw version {expected} but the stream is at version {actual}")]
    Stale { expected: Version, actual: Version },
    /// The command's id came before, with another payload: stop.
    #[error("the idempotency key was used before with another request")]
    KeyReused,
    /// Other writers were faster every time: retry.
    #[error("other writers won {attempts} times in a row")]
    Contended { attempts: u32 },
    #[error(transparent)]
    Append(AppendError),
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The stream holds an event that this program cannot read: stop.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}
