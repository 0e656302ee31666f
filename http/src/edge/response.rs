//! How an answer leaves.

use std::borrow::Cow;

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use tokio::time::Instant;

use super::context::{RequestContext, X_REQUEST_ID};
use crate::problem::{Cause, Problem, ProblemKind};

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const X_CONTENT_TYPE_OPTIONS: HeaderName = header::X_CONTENT_TYPE_OPTIONS;

/// What is remembered of a request until it is answered.
pub(super) struct Exchange {
    method: Method,
    uri: Uri,
    request_id: HeaderValue,
    began: Instant,
}

impl Exchange {
    pub(super) fn begin(request: &Request, context: &RequestContext) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            request_id: context.request_id_header().clone(),
            began: context.began(),
        }
    }

    pub(super) fn began(&self) -> Instant {
        self.began
    }

    pub(super) fn end(&mut self, response: Response) -> Response {
        let status = response.status();
        let mut response = if self.method == Method::OPTIONS && status == StatusCode::METHOD_NOT_ALLOWED {
            // The router adds `Allow` on the way out.
            StatusCode::NO_CONTENT.into_response()
        } else if (status.is_client_error() || status.is_server_error()) && is_plain(&response) {
            to_problem(response)
        } else {
            response
        };
        self.log(&response);
        let headers = response.headers_mut();
        headers.insert(X_REQUEST_ID, self.request_id.clone());
        headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
        response
    }

    /// The path without its query, in which there may be personal data.
    fn log(&self, response: &Response) {
        let status = response.status();
        let (method, path) = (&self.method, self.uri.path());
        let request_id = || self.request_id.to_str().unwrap_or_default();
        let elapsed_us = || self.began.elapsed().as_micros() as u64;
        if status.is_server_error() {
            let cause = response.extensions().get::<Cause>();
            let instance = cause.and_then(|cause| cause.instance.as_deref());
            let cause = cause.map(|cause| &*cause.text);
            tracing::warn!(
                %method, path, status = status.as_u16(), elapsed_us = elapsed_us(), request_id = request_id(), instance,
                cause,
                "a request failed"
            );
        } else {
            tracing::debug!(
                %method, path, status = status.as_u16(), elapsed_us = elapsed_us(), request_id = request_id(),
                "a request was answered"
            );
        }
    }
}

/// Neither a problem nor a document that a handler made on purpose.
fn is_plain(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_none_or(|value| value.as_bytes().starts_with(b"text/plain"))
}

/// Keeps the other headers, as `Allow` or `WWW-Authenticate` belong to the status.
fn to_problem(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    let (problem, body) =
        Problem::new(ProblemKind::of_status(parts.status), detail(parts.status)).into_response().into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(problem.headers);
    Response::from_parts(parts, body)
}

fn detail(status: StatusCode) -> Cow<'static, str> {
    match status {
        StatusCode::NOT_FOUND => "look up the address in the API's documentation".into(),
        StatusCode::METHOD_NOT_ALLOWED => "the Allow header lists the methods that it takes".into(),
        _ => "the request could not be served".into(),
    }
}
