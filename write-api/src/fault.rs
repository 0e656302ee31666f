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

#[cfg(test)]
mod tests {
    use orderflow_core::order::OrderRejection;
    use orderflow_engine::{Cause, DecodeError, ExpectedVersion, Version};
    use orderflow_http::Action;

    use super::*;

    /// Each error, by the name in its problem's type, its status, and what its caller may do.
    #[test]
    fn every_error_says_what_to_do() {
        let cause = || Cause::new("disk /dev/sda is full");
        let conflict = AppendError::Conflict { expected: ExpectedVersion::NoStream, actual: Version(1) };
        let stale = ExecuteError::Stale { expected: Version(1), actual: Version(2) };
        let unknown = DecodeError::UnknownKind { kind: "order.teleported.v1".to_owned() };
        for (error, slug, status, action) in [
            (ExecuteError::Rejected(OrderRejection::Missing), "not_found", 404, Action::Fix),
            (ExecuteError::Rejected(OrderRejection::NoLines), "rejected", 422, Action::Fix),
            (ExecuteError::Rejected(OrderRejection::AlreadyPlaced), "conflict", 409, Action::Reload),
            (stale, "precondition_failed", 412, Action::Reload),
            (ExecuteError::KeyReused, "idempotency_key_reused", 422, Action::Stop),
            (ExecuteError::Contended { attempts: 10 }, "unavailable", 503, Action::Retry),
            (ExecuteError::Append(conflict), "unavailable", 503, Action::Retry),
            (ExecuteError::Append(AppendError::Unavailable(cause())), "unavailable", 503, Action::Retry),
            (ExecuteError::Append(AppendError::Indeterminate(cause())), "indeterminate", 503, Action::Retry),
            (ExecuteError::Read(ReadError(cause())), "unavailable", 503, Action::Retry),
            (ExecuteError::Decode(unknown), "internal", 500, Action::Stop),
        ] {
            let text = error.to_string();
            let problem = problem(error);
            let kind = problem.kind();
            assert_eq!((kind.slug, kind.status.as_u16(), kind.action), (slug, status, action), "{text}");
            let document = serde_json::to_value(&problem).unwrap();
            assert_eq!(document.get("retry_after").is_some(), action == Action::Retry, "{text}");
            assert!(!document.to_string().contains("/dev/sda"), "{text}");
            assert!(!document.to_string().contains("teleported"), "{text}");
        }
    }
}
