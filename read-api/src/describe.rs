//! What endpoints have in common in the OpenAPI document.
#![expect(dead_code, reason = "these types describe; the extractors of the http crate do the work")]

use orderflow_http::Problem;
use utoipa::{IntoParams, IntoResponses};

/// See `OrderflowAfter`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct After {
    /// The `Orderflow-Position` of an earlier answer: this one will be at least as fresh, or 503.
    #[param(rename = "Orderflow-After", example = 42)]
    orderflow_after: Option<u64>,
}

/// See `IfNoneMatch`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct Known {
    /// An ETag that the caller has: answered by 304 if it is still good.
    #[param(rename = "If-None-Match", example = "\"v17\"")]
    if_none_match: Option<String>,
}

/// What any question may meet with.
#[derive(IntoResponses)]
pub(crate) enum Refusals {
    /// A parameter or header is not valid, or the cursor belongs to a list with other filters.
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(Problem),
    /// What is asked is not ready, or has not caught up with `Orderflow-After`, or too many reads are under way.
    #[response(status = 503, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds.")))]
    Unavailable(Problem),
    /// The filters leave too much to look through.
    #[response(status = 504, content_type = "application/problem+json")]
    TooSlow(Problem),
}
