//! JSON in and out.

mod diagnosis;
mod scan;

use axum::{
    extract::{FromRequest, OptionalFromRequest, Request},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use super::body;
use crate::problem::{Problem, ProblemKind};

const APPLICATION_JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A body of `application/json`, or of a media type that ends in `+json`.
///
/// Strict: an unknown or repeated field is refused if `T` says `deny_unknown_fields`, and so are trailing data, invalid
/// UTF-8, half surrogate pairs and U+0000, which some stores cannot keep. A problem points at the field. As
/// `Option<Json<T>>` it is absent when there is neither a body nor a content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// The same with the bytes it was read from, for a fingerprint.
#[derive(Debug, Clone)]
pub struct JsonBody<T> {
    pub value: T,
    pub raw: Bytes,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                ProblemKind::UNSUPPORTED_MEDIA_TYPE,
                "send the body as JSON in UTF-8, with the header 'Content-Type: application/json'",
            ));
        }
        let raw = body::read(request).await?;
        Ok(Self { value: parse(&raw)?, raw })
    }
}

impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let absent = axum::body::HttpBody::is_end_stream(request.body())
            && !request.headers().contains_key(header::CONTENT_TYPE);
        if absent {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = <JsonBody<T> as FromRequest<S>>::from_request(request, state).await?;
        Ok(Self(body.value))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let body = <JsonBody<T> as OptionalFromRequest<S>>::from_request(request, state).await?;
        Ok(body.map(|body| Self(body.value)))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, APPLICATION_JSON)], body).into_response(),
            Err(error) => Problem::internal(error).into_response(),
        }
    }
}

/// Parses once; only a body that is refused is parsed again, to find the place.
fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(raw).map_err(|error| diagnosis::not_utf8(&error))?;
    if scan::has_nul(raw) {
        return Err(diagnosis::nul(text));
    }
    serde_json::from_str(text).map_err(|error| diagnosis::refused::<T>(text, &error))
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return false };
    // As nearly every client sends it.
    value.as_bytes() == b"application/json" || value.to_str().is_ok_and(is_json_media_type)
}

fn is_json_media_type(value: &str) -> bool {
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let json = essence == "application/json"
        || essence
            .strip_prefix("application/")
            .and_then(|subtype| subtype.strip_suffix("+json"))
            .is_some_and(|name| !name.is_empty());
    // RFC 8259 knows no charset, but clients send one; any but UTF-8 would be misread.
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
            charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    json && utf8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_of_json() {
        for json in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/merge-patch+json",
            "application/json; profile=x",
        ] {
            assert!(is_json_media_type(json), "{json}");
        }
        for other in [
            "",
            "text/plain",
            "text/json",
            "application/jsonp",
            "application/+json",
            "application/json; charset=latin1",
        ] {
            assert!(!is_json_media_type(other), "{other}");
        }
    }
}
