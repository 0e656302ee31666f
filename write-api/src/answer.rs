//! What a write is answered with.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use orderflow_engine::{EventCodec, Outcome, Position, Version};
use orderflow_http::{Json, Problem, etag, orderflow_position};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{fault, state::WriteState};

/// What RFC 3986 calls unreserved stays as it is in a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An answer with the version and the consistency token of what was written.
pub(crate) struct Written<B> {
    status: StatusCode,
    location: Option<HeaderValue>,
    version: Version,
    position: Position,
    body: B,
}

impl<B> Written<B> {
    /// Asks the store for a token only where the command had nothing to add.
    pub(crate) async fn of<E>(state: &WriteState, outcome: &Outcome<E>, body: B) -> Result<Self, Problem> {
        let position = match outcome.position {
            Some(position) => position,
            None => state.head().await.map_err(fault::unreadable)?,
        };
        Ok(Self { status: StatusCode::OK, location: None, version: outcome.version, position, body })
    }

    /// 201, and where to find it.
    pub(crate) fn created(self, collection: &str, id: &str) -> Self {
        let location = format!("/api/v1/{collection}/{}", utf8_percent_encode(id, SEGMENT));
        let location = HeaderValue::try_from(location).expect("what is percent-encoded is ASCII");
        Self { status: StatusCode::CREATED, location: Some(location), ..self }
    }
}

impl<B: Serialize> IntoResponse for Written<B> {
    fn into_response(self) -> Response {
        let headers = ([(header::ETAG, etag(self.version.0))], [orderflow_position(self.position.0)]);
        let mut response = (self.status, headers.0, headers.1, Json(self.body)).into_response();
        if let Some(location) = self.location {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// What a command did to something that has no more to say for itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Changed {
    pub(crate) id: String,
    /// Its version after the command, as in the ETag.
    pub(crate) version: u64,
    /// The events that the command led to. None at all: it was already as the command would have it.
    #[schema(value_type = Vec<String>, example = json!(["product.described.v1"]))]
    pub(crate) events: Vec<&'static str>,
}

impl Changed {
    pub(crate) fn of<E: EventCodec>(id: impl Into<String>, outcome: &Outcome<E>) -> Self {
        Self {
            id: id.into(),
            version: outcome.version.0,
            events: outcome.events.iter().map(EventCodec::kind).collect(),
        }
    }
}

/// The usual answer to a command on something that is there.
pub(crate) async fn changed<E: EventCodec>(
    state: &WriteState, id: impl Into<String>, outcome: &Outcome<E>,
) -> Result<Response, Problem> {
    Ok(Written::of(state, outcome, Changed::of(id, outcome)).await?.into_response())
}

/// The usual answer to a command that brings something into being: 200 when it was there already, just so.
pub(crate) async fn created<E: EventCodec>(
    state: &WriteState, collection: &str, id: &str, outcome: &Outcome<E>,
) -> Result<Response, Problem> {
    let written = Written::of(state, outcome, Changed::of(id, outcome)).await?;
    Ok(if outcome.events.is_empty() { written } else { written.created(collection, id) }.into_response())
}
