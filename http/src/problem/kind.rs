//! The catalogue of problems.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// What the caller may do about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Change the request: sent again as it is, it will fail again.
    Fix,
    /// Read the resource again, then decide anew.
    Reload,
    /// Send the same request again later; a write with the same `Idempotency-Key`.
    Retry,
    /// Give up and ask a person.
    Stop,
}

/// One sort of problem: what all of its occurrences have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemKind {
    /// The last segment of the type URI; empty where HTTP's own meaning of the status is all there is to say.
    pub slug: &'static str,
    pub status: StatusCode,
    pub title: &'static str,
    pub action: Action,
}

/// Declares each kind once, as a constant and in the list of all.
macro_rules! catalogue {
    ($($name:ident = $slug:literal $status:ident $action:ident $title:literal;)*) => {
        impl ProblemKind {
            $(pub const $name: Self =
                Self { slug: $slug, status: StatusCode::$status, title: $title, action: Action::$action };)*

            /// The whole catalogue; the first entry with a status is the general one for that status.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

catalogue! {
    BAD_REQUEST = "bad_request" BAD_REQUEST Fix "the request cannot be understood";
    MALFORMED_JSON = "malformed_json" BAD_REQUEST Fix "the body is not valid JSON";
    INVALID_PARAMETER = "invalid_parameter" BAD_REQUEST Fix "a parameter is not valid";
    INVALID_HEADER = "invalid_header" BAD_REQUEST Fix "a header is not valid";
    INVALID_CURSOR = "invalid_cursor" BAD_REQUEST Fix "the cursor is not valid";
    IDEMPOTENCY_KEY_MISSING = "idempotency_key_missing" BAD_REQUEST Fix "an idempotency key is required";
    UNAUTHENTICATED = "unauthenticated" UNAUTHORIZED Fix "credentials are required";
    FORBIDDEN = "forbidden" FORBIDDEN Stop "this is not permitted";
    NOT_FOUND = "not_found" NOT_FOUND Fix "there is no such resource";
    METHOD_NOT_ALLOWED = "method_not_allowed" METHOD_NOT_ALLOWED Fix "the resource does not take this method";
    REQUEST_TIMEOUT = "request_timeout" REQUEST_TIMEOUT Retry "the request did not arrive in time";
    CONFLICT = "conflict" CONFLICT Reload "the resource has changed meanwhile";
    PRECONDITION_FAILED = "precondition_failed" PRECONDITION_FAILED Reload "the resource is at another version";
    BODY_TOO_LARGE = "body_too_large" PAYLOAD_TOO_LARGE Fix "the body is too large";
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE Fix "the body is not sent as JSON";
    INVALID_REQUEST = "invalid_request" UNPROCESSABLE_ENTITY Fix "the request has an invalid field";
    REJECTED = "rejected" UNPROCESSABLE_ENTITY Fix "a rule does not allow this";
    IDEMPOTENCY_KEY_REUSED =
        "idempotency_key_reused" UNPROCESSABLE_ENTITY Stop "the idempotency key belongs to another request";
    PRECONDITION_REQUIRED = "precondition_required" PRECONDITION_REQUIRED Fix "an If-Match header is required";
    TOO_MANY_REQUESTS = "too_many_requests" TOO_MANY_REQUESTS Retry "there are too many requests";
    HEADER_TOO_LARGE = "header_too_large" REQUEST_HEADER_FIELDS_TOO_LARGE Fix "the headers are too large";
    INTERNAL = "internal" INTERNAL_SERVER_ERROR Stop "something is wrong on this side";
    UNAVAILABLE = "unavailable" SERVICE_UNAVAILABLE Retry "the service is not available for the moment";
    INDETERMINATE = "indeterminate" SERVICE_UNAVAILABLE Retry "it is not known whether the request took effect";
    NOT_YET_PROJECTED = "not_yet_projected" SERVICE_UNAVAILABLE Retry "the view has not caught up yet";
    TIMED_OUT = "timed_out" GATEWAY_TIMEOUT Retry "the answer was not ready in time";
}

impl ProblemKind {
    /// Type URIs are this and the slug.
    pub const BASE: &str = "https://orderflow.dev/problems/";

    /// The general kind for a status; where the catalogue has none, `about:blank` (RFC 9457, section 4.2.1).
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        Self::ALL.iter().find(|kind| kind.status == status).copied().unwrap_or(Self {
            slug: "",
            status,
            title: status.canonical_reason().unwrap_or("error"),
            action: if status.is_server_error() { Action::Stop } else { Action::Fix },
        })
    }

    /// The absolute URI that names this kind.
    #[must_use]
    pub fn uri(&self) -> String {
        if self.slug.is_empty() { "about:blank".to_owned() } else { format!("{}{}", Self::BASE, self.slug) }
    }
}
