//! What goes wrong on the way from the log to a target.

use orderflow_engine::ReadError;

use crate::target::{TargetError, WriteError};

/// Whether to try again.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The store or the target does not answer as it should: wait and try again.
    Passing(String),
    /// Another projector writes this view: stop.
    Fenced(WriteError),
}

impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Self {
        Self::Passing(error.to_string())
    }
}

impl From<TargetError> for Trouble {
    fn from(error: TargetError) -> Self {
        Self::Passing(error.to_string())
    }
}

impl From<WriteError> for Trouble {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Fenced { .. } => Self::Fenced(error),
            WriteError::Target(error) => error.into(),
        }
    }
}
