//! Errors, with the trailers by which clients tell them apart.

use std::net::SocketAddr;

use tonic::{
    Code, Status,
    metadata::{MetadataMap, MetadataValue},
};

use crate::log::{Expected, Refusal, Unreadable};

pub(crate) fn not_leader(leader: SocketAddr) -> Status {
    let (host, port) = (leader.ip().to_string(), leader.port().to_string());
    let trailers = [("leader-endpoint-host", host), ("leader-endpoint-port", port)];
    refusal(Code::NotFound, "Leader info available", "not-leader", trailers)
}

pub(crate) fn not_ready() -> Status {
    Status::unavailable("Server Is Not Ready")
}

pub(crate) fn access_denied() -> Status {
    refusal(Code::PermissionDenied, "Access Denied", "access-denied", [])
}

pub(crate) fn unknown_user() -> Status {
    Status::unauthenticated("the credentials are wrong")
}

pub(crate) fn too_large(max_append_bytes: usize) -> Status {
    let message = format!("Maximum Append Size of {max_append_bytes} Exceeded.");
    let trailers = [("maximum-append-size", max_append_bytes.to_string())];
    refusal(Code::InvalidArgument, &message, "maximum-append-size-exceeded", trailers)
}

pub(crate) fn missing_property(name: &str) -> Status {
    let message = format!("Required Metadata Property '{name}' is missing");
    refusal(Code::InvalidArgument, &message, "missing-required-metadata-property", [])
}

/// Why a stream cannot be changed, where the answer itself has no place for it.
pub(crate) fn refused(refusal_of: Refusal, stream: &str, expected: Expected) -> Status {
    match refusal_of {
        Refusal::Deleted => deleted(stream),
        Refusal::Conflict { current } => {
            let expected = revision_or_sign(expected);
            let actual = current.map_or(-1, u64::cast_signed);
            let message = format!(
                "Append failed due to WrongExpectedVersion. Stream: {stream}, \
                Expected version: {expected}, Actual version: {actual}"
            );
            let trailers = [
                ("stream-name", stream.to_owned()),
                ("expected-version", expected.to_string()),
                ("actual-version", actual.to_string()),
            ];
            refusal(Code::FailedPrecondition, &message, "wrong-expected-version", trailers)
        }
    }
}

pub(crate) fn unreadable(reason: Unreadable, stream: &str) -> Status {
    match reason {
        Unreadable::Tombstoned => deleted(stream),
        Unreadable::Missing => {
            let message = format!("Event stream '{stream}' is not found.");
            refusal(Code::NotFound, &message, "stream-not-found", [("stream-name", stream.to_owned())])
        }
        Unreadable::NoSuchPosition(position) => Status::invalid_argument(format!("no event is at position {position}")),
    }
}

fn deleted(stream: &str) -> Status {
    let message = format!("Event stream '{stream}' is deleted.");
    refusal(Code::FailedPrecondition, &message, "stream-deleted", [("stream-name", stream.to_owned())])
}

/// Negative numbers are what versions other than revisions are on a server.
fn revision_or_sign(expected: Expected) -> i64 {
    match expected {
        Expected::NoStream => -1,
        Expected::Any => -2,
        Expected::Exists => -4,
        Expected::Revision(revision) => revision.cast_signed(),
    }
}

fn refusal<const N: usize>(
    code: Code, message: &str, exception: &'static str, trailers: [(&'static str, String); N],
) -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert("exception", MetadataValue::from_static(exception));
    for (key, value) in trailers {
        // The names of some streams do not fit into a header.
        if let Ok(value) = MetadataValue::try_from(value) {
            metadata.insert(key, value);
        }
    }
    Status::with_metadata(code, message, metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trailers(status: &Status) -> Vec<(String, String)> {
        let mut trailers: Vec<_> = status
            .metadata()
            .clone()
            .into_headers()
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        trailers.sort();
        trailers
    }

    fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn clients_can_tell_errors_apart() {
        let conflict = refused(Refusal::Conflict { current: None }, "a-1", Expected::Exists);
        assert_eq!(conflict.code(), Code::FailedPrecondition);
        let wanted = [
            ("actual-version", "-1"),
            ("exception", "wrong-expected-version"),
            ("expected-version", "-4"),
            ("stream-name", "a-1"),
        ];
        assert_eq!(trailers(&conflict), texts(&wanted));
        let deleted = refused(Refusal::Deleted, "ü\n", Expected::Any);
        assert_eq!(trailers(&deleted), texts(&[("exception", "stream-deleted")]));
        let missing = unreadable(Unreadable::Missing, "a-1");
        assert_eq!(trailers(&missing), texts(&[("exception", "stream-not-found"), ("stream-name", "a-1")]));
        assert_eq!(trailers(&access_denied()), texts(&[("exception", "access-denied")]));
        let leader = not_leader(([127, 0, 0, 1], 2113).into());
        let wanted =
            [("exception", "not-leader"), ("leader-endpoint-host", "127.0.0.1"), ("leader-endpoint-port", "2113")];
        assert_eq!(trailers(&leader), texts(&wanted));
    }
}
