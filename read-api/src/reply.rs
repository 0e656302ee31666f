//! Answers: a document, its version, and the position it is true at.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use orderflow_engine::Position;
use orderflow_http::{IfNoneMatch, Json, Problem, etag, orderflow_position};
use serde::Serialize;

/// Says which position an answer, a problem included, is true at.
pub(crate) fn with_position(position: Position, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    let (name, value) = orderflow_position(position.0);
    response.headers_mut().insert(name, value);
    response
}

/// Any document, with the position of what it was made from.
pub(crate) fn at(position: Position, document: impl Serialize) -> Response {
    with_position(position, Json(document))
}

/// One thing at a version, or 304 when the caller has that version.
pub(crate) fn versioned(
    position: Position, version: u64, known: &IfNoneMatch, document: impl FnOnce() -> Result<Vec<u8>, Problem>,
) -> Result<Response, Problem> {
    let headers: [(HeaderName, HeaderValue); 2] = [(header::ETAG, etag(version)), orderflow_position(position.0)];
    if known.matches(version) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok((headers, [json], document()?).into_response())
}

pub(crate) fn json(document: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(document).map_err(Problem::internal)
}
