//! Every way in which a command can fail, as a problem that says what its caller may do.

use std::time::Duration;

use orderflow_core::{Refusal, RefusalKind};
use orderflow_engine::{AppendError, ExecuteError, ReadError};
use orderflow_http::{Problem, ProblemKind};

/// What a caller is asked to wait before it tries again.
pub(crate) const WAIT: Duration = Duration::from_secs(1);

pub(crate) fn problem<R: Refusal>(error: ExecuteError<R>) -> Problem {
    match error {
        ExecuteError::Rejected(refusal) => refused(&refusal),
        ExecuteError::Stale { expected, actual } => Problem::new(
            ProblemKind::PRECONDITION_FAILED,
            format!("If-Match names version {expected}, but it is at version {actual}: read it again"),
        )
        .member("version", actual.0),
        ExecuteError::KeyReused => Problem::new(
            ProblemKind::IDEMPOTENCY_KEY_REUSED,
            "this key came before with another body: a new request needs a new key",
        ),
        ExecuteError::Contended { attempts } => contended(format!("other writers won {attempts} times in a row")),
        ExecuteError::Append(AppendError::Conflict { expected, actual }) => {
            contended(format!("expected {expected:?} but found version {actual}"))
        }
        ExecuteError::Append(AppendError::Unavailable(cause)) => Problem::new(
            ProblemKind::UNAVAILABLE,
            "nothing was written: send the same request again",
        )
        .retry_after(WAIT)
        .caused_by(cause),
        ExecuteError::Append(AppendError::Indeterminate(cause)) => Problem::new(
            ProblemKind::INDETERMINATE,
            "send the same request again with the same Idempotency-Key only; if it had none, first look what became of it",
        )
        .retry_after(WAIT)
        .caused_by(cause),
        ExecuteError::Read(error) => unreadable(error),
        ExecuteError::Decode(error) => Problem::internal(error),
    }
}

pub(crate) fn unreadable(error: ReadError) -> Problem {
    Problem::new(ProblemKind::UNAVAILABLE, "the event store could not be read: send the same request again")
        .retry_after(WAIT)
        .caused_by(error)
}

fn contended(cause: String) -> Problem {
    Problem::new(ProblemKind::UNAVAILABLE, "too many others write to the same thing: send the same request again")
        .retry_after(WAIT)
        .caused_by(cause)
}

pub(crate) fn refused(refusal: &impl Refusal) -> Problem {
    let kind = match refusal.kind() {
        RefusalKind::Missing => ProblemKind::NOT_FOUND,
        RefusalKind::Invalid => ProblemKind::REJECTED,
        RefusalKind::State => ProblemKind::CONFLICT,
    };
    Problem::new(kind, refusal.to_string()).member("code", refusal.code())
}
