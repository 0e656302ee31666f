//! An answer that is not a success: an RFC 9457 problem, or what comes in its place.

use std::fmt;

use hyper::StatusCode;
use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::load) struct Refusal {
    pub(in crate::load) status: StatusCode,
    /// The last segment of the problem's type.
    kind: String,
    /// The rule that refused, where one did.
    pub(in crate::load) code: Option<String>,
    action: Option<String>,
    title: String,
    detail: String,
    errors: Vec<FieldError>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    r#type: String,
    code: Option<String>,
    action: Option<String>,
    title: String,
    detail: String,
    errors: Vec<FieldError>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct FieldError {
    pointer: String,
    detail: String,
}

impl Refusal {
    pub(super) fn read(status: StatusCode, body: &[u8]) -> Self {
        let Problem { r#type, code, action, title, detail, errors } = serde_json::from_slice(body).unwrap_or_default();
        let kind = r#type.rsplit('/').next().unwrap_or_default().to_owned();
        Self { status, kind, code, action, title, detail, errors }
    }

    /// Whether the same request may well be answered otherwise a little later.
    pub(super) fn is_passing(&self) -> bool {
        match self.action.as_deref() {
            Some(action) => action == "retry",
            None => matches!(
                self.status,
                StatusCode::REQUEST_TIMEOUT
                    | StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT
            ),
        }
    }

    /// The key came before, with another body.
    pub(in crate::load) fn is_key_reused(&self) -> bool {
        self.kind == "idempotency_key_reused"
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status.as_u16())?;
        for part in [&self.title, &self.detail].into_iter().filter(|part| !part.is_empty()) {
            write!(f, ", {part}")?;
        }
        match self.errors.as_slice() {
            [] | [_] => Ok(()),
            [first, ..] => write!(f, " (first: {} {})", first.pointer, first.detail),
        }
    }
}
