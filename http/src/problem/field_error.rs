//! Where in a request the problem is.

use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong with one part of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    pub detail: String,
    /// Where in the body: a JSON pointer as a URI fragment (RFC 6901, section 6), such as `#/lines/0/quantity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "#/lines/0/quantity")]
    pub pointer: Option<String>,
    /// Which parameter of the query or the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Which header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
}

impl FieldError {
    #[must_use]
    pub fn at_pointer(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), pointer: Some(pointer.into()), parameter: None, header: None }
    }

    #[must_use]
    pub fn in_parameter(parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), pointer: None, parameter: Some(parameter.into()), header: None }
    }

    #[must_use]
    pub fn in_header(header: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), pointer: None, parameter: None, header: Some(header.into()) }
    }
}
