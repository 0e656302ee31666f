//! What callers are told when the views or the log do not answer.

use std::time::Duration;

use orderflow_engine::{DecodeError, ReadError};
use orderflow_http::{Problem, ProblemKind};

use crate::views::ViewError;

/// An error of the inside as a problem of the outside.
pub(crate) trait Refused<E> {
    fn refused(error: E) -> Self;
}

impl Refused<ViewError> for Problem {
    fn refused(error: ViewError) -> Self {
        let soon =
            |detail: &'static str| Self::new(ProblemKind::UNAVAILABLE, detail).retry_after(Duration::from_secs(1));
        match error {
            ViewError::NotReady => soon("the views are not built yet: ask again"),
            ViewError::Busy => soon("too many reads are under way: ask again"),
            ViewError::TooSlow => Self::new(
                ProblemKind::TIMED_OUT,
                "the answer took too long to find: narrow the question with filters that are sent with it",
            ),
            ViewError::Failed(cause) => soon("the views cannot be read for the moment: ask again").caused_by(cause),
        }
    }
}

impl Refused<ReadError> for Problem {
    fn refused(error: ReadError) -> Self {
        Self::new(ProblemKind::UNAVAILABLE, "the event store cannot be read for the moment: ask again")
            .retry_after(Duration::from_secs(1))
            .caused_by(error)
    }
}

impl Refused<DecodeError> for Problem {
    fn refused(error: DecodeError) -> Self {
        Self::internal(error)
    }
}

pub(crate) fn not_found(what: &str) -> Problem {
    Problem::new(ProblemKind::NOT_FOUND, format!("there is no such {what}: check its id, or ask again if it is new"))
}
