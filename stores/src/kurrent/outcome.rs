//! What an error of the client means for the call it answers.

use kurrentdb::{CurrentRevision, Error};
use orderflow_engine::{Cause, Version};

/// Numbers of gRPC status codes that the client passes on as they are.
mod code {
    pub(super) const INVALID_ARGUMENT: i32 = 3;
    pub(super) const FAILED_PRECONDITION: i32 = 9;
    pub(super) const OUT_OF_RANGE: i32 = 11;
}

/// How hyper begins its text when there was no connection to send anything on.
const NOT_CONNECTED: &str = "client error (Connect)";

/// What became of a call.
#[derive(Debug)]
pub(super) enum Failure {
    /// The stream was at another version.
    Conflict(Version),
    /// It never came to a server that could carry it out: try again.
    NotSent(Cause),
    /// A server declined it, and would do so again.
    Refused(Cause),
    /// It may have been carried out: try again with the same event ids.
    Unknown(Cause),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::WrongExpectedVersion { current, .. } => Self::Conflict(version(current)),
            Error::ServerError(ref text) if text.contains(NOT_CONNECTED) => Self::NotSent(Cause::new(error)),
            Error::ConnectionClosed | Error::GrpcConnectionError(_) | Error::NotLeaderException(_) => {
                Self::NotSent(Cause::new(error))
            }
            Error::Grpc { code, .. } if is_refusal(code.into()) => Self::Refused(Cause::new(error)),
            Error::AccessDenied
            | Error::ResourceAlreadyExists
            | Error::ResourceNotFound
            | Error::ResourceDeleted
            | Error::UnsupportedFeature
            | Error::InitializationError(_)
            | Error::IllegalStateError(_) => Self::Refused(Cause::new(error)),
            Error::ServerError(_)
            | Error::Grpc { .. }
            | Error::DeadlineExceeded
            | Error::InternalParsingError(_)
            | Error::InternalClientError => Self::Unknown(Cause::new(error)),
        }
    }
}

/// RESOURCE_EXHAUSTED is none: an HTTP/2 connection that either end gives up for its load shows as that as well, and
/// the append may have been written by then.
fn is_refusal(code: i32) -> bool {
    [code::INVALID_ARGUMENT, code::FAILED_PRECONDITION, code::OUT_OF_RANGE].contains(&code)
}

fn version(current: CurrentRevision) -> Version {
    match current {
        CurrentRevision::NoStream => Version::ZERO,
        CurrentRevision::Current(revision) => Version(revision + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_server_has_declined_was_not_written() {
        for (number, refused) in [(1, false), (3, true), (8, false), (9, true), (10, false), (11, true), (13, false)] {
            let failure = Failure::from(Error::Grpc { code: number.into(), message: String::new() });
            match failure {
                Failure::Refused(_) => assert!(refused, "{number}"),
                Failure::Unknown(_) => assert!(!refused, "{number}"),
                other @ (Failure::Conflict(_) | Failure::NotSent(_)) => panic!("{number} is {other:?}"),
            }
        }
    }
}
