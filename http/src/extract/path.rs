//! Parameters in the path.

use axum::{
    extract::{FromRequestParts, Path as RawPath, path::ErrorKind, rejection::PathRejection},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use super::text::{check_encoded, shorten};
use crate::problem::Problem;

/// The parameters of the matched path. One that cannot be read, such as an id that is none, is a problem of 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        check_encoded(parts.uri.path()).map_err(|advice| Problem::invalid_parameter("path", advice))?;
        match RawPath::<T>::from_request_parts(parts, state).await {
            Ok(RawPath(value)) => Ok(Self(value)),
            Err(rejection) => Err(refused(rejection)),
        }
    }
}

fn refused(rejection: PathRejection) -> Problem {
    let failed = match rejection {
        PathRejection::FailedToDeserializePathParams(failed) => failed,
        other => return Problem::internal(other),
    };
    match failed.kind() {
        ErrorKind::ParseErrorAtKey { key, value, expected_type } => {
            invalid(key, format!("'{value}' is not of type {expected_type}"))
        }
        ErrorKind::DeserializeError { key, message, .. } => invalid(key, message.clone()),
        ErrorKind::ParseError { value, expected_type } => {
            invalid("path", format!("'{value}' is not of type {expected_type}"))
        }
        ErrorKind::InvalidUtf8InPathParam { key } => invalid(key, "percent-encode UTF-8".to_owned()),
        ErrorKind::Message(message) => invalid("path", message.clone()),
        // The rest are routes that do not fit their handlers; the set is open.
        _ => Problem::internal(failed),
    }
}

fn invalid(key: &str, message: String) -> Problem {
    Problem::invalid_parameter(key, shorten(message))
}
