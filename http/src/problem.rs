//! Errors as callers see them: RFC 9457 problems that say what may be done about them.

mod document;
mod field_error;
mod kind;

use std::{borrow::Cow, error::Error, fmt, sync::Arc, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use self::{
    field_error::FieldError,
    kind::{Action, ProblemKind},
};

/// One occurrence of a problem. What it serialises is public; its cause goes only to the log, and once, at the edge.
#[derive(Debug, Clone)]
pub struct Problem(Box<Occurrence>);

#[derive(Debug, Clone)]
struct Occurrence {
    kind: ProblemKind,
    detail: Cow<'static, str>,
    instance: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    members: Map<String, Value>,
    cause: Option<String>,
}

/// The internal side of a problem, carried to the edge as an extension of the response.
#[derive(Debug, Clone)]
pub(crate) struct Cause {
    pub(crate) text: Arc<str>,
    /// What the caller sees of it, so that a report can be matched with the log.
    pub(crate) instance: Option<Arc<str>>,
}

impl Problem {
    pub const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

    /// `detail` is read by callers: it says what is the matter and what to do, and nothing of the inside.
    #[must_use]
    pub fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Occurrence {
            kind,
            detail: detail.into(),
            instance: None,
            errors: Vec::new(),
            retry_after: None,
            members: Map::new(),
            cause: None,
        }))
    }

    /// A fault of ours. The caller sees only an id; the log has the id and the error.
    #[must_use]
    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let id = Uuid::new_v4();
        Self::new(ProblemKind::INTERNAL, format!("ask for help with this fault's id: {id}"))
            .instance(format!("urn:uuid:{id}"))
            .caused_by(error)
    }

    /// A problem with one field of the body, at a JSON pointer.
    #[must_use]
    pub fn invalid_field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let (pointer, detail) = (pointer.into(), detail.into());
        Self::new(ProblemKind::INVALID_REQUEST, format!("{pointer}: {detail}"))
            .error(FieldError::at_pointer(pointer, detail))
    }

    /// A problem with one parameter of the query or the path.
    #[must_use]
    pub fn invalid_parameter(parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        let (parameter, detail) = (parameter.into(), detail.into());
        Self::new(ProblemKind::INVALID_PARAMETER, format!("{parameter}: {detail}"))
            .error(FieldError::in_parameter(parameter, detail))
    }

    /// A problem with one header.
    #[must_use]
    pub fn invalid_header(header: impl Into<String>, detail: impl Into<String>) -> Self {
        let (header, detail) = (header.into(), detail.into());
        Self::new(ProblemKind::INVALID_HEADER, format!("{header}: {detail}"))
            .error(FieldError::in_header(header, detail))
    }

    /// A URI that names this occurrence.
    #[must_use]
    pub fn instance(mut self, uri: impl Into<String>) -> Self {
        self.0.instance = Some(uri.into());
        self
    }

    /// What the caller may do, where it differs from what the kind says.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.0.kind.action = action;
        self
    }

    #[must_use]
    pub fn error(mut self, error: FieldError) -> Self {
        self.0.errors.push(error);
        self
    }

    #[must_use]
    pub fn errors(mut self, errors: impl IntoIterator<Item = FieldError>) -> Self {
        self.0.errors.extend(errors);
        self
    }

    /// Rounded up to whole seconds, and at least one.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// A further member of the document, such as a rejection's code (RFC 9457, section 3.2).
    ///
    /// # Panics
    ///
    /// When the name is one that every problem has.
    #[must_use]
    pub fn member(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        let taken = ["type", "title", "status", "detail", "instance", "action", "errors", "retry_after"];
        assert!(!taken.contains(&name), "every problem has a member '{name}'");
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// What is behind it, for the log only.
    #[must_use]
    pub fn caused_by(mut self, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(chain(&*error.into()));
        self
    }

    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        self.0.kind
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.kind.status
    }

    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    fn retry_after_s(&self) -> Option<u64> {
        self.0.retry_after.map(|wait| wait.as_millis().div_ceil(1000).clamp(1, u128::from(u32::MAX)) as u64)
    }
}

/// An error and its sources, without those that its text already repeats.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let inner = error.to_string();
        if !text.contains(&inner) {
            text = format!("{text}: {inner}");
        }
        source = error.source();
    }
    text
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.title, self.0.detail)
    }
}

impl Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).expect("a problem is plain JSON");
        let mut response = (self.0.kind.status, [(header::CONTENT_TYPE, Self::CONTENT_TYPE)], body).into_response();
        if let Some(seconds) = self.retry_after_s() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let Occurrence { cause, instance, .. } = *self.0;
        if let Some(text) = cause {
            response.extensions_mut().insert(Cause { text: text.into(), instance: instance.map(Arc::from) });
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_everything_a_caller_needs() {
        let problem = Problem::invalid_field("#/lines/0/quantity", "must be above 0")
            .retry_after(Duration::from_millis(1200))
            .member("code", "quantity_not_positive");
        let expected = serde_json::json!({
            "type": "https://orderflow.dev/problems/invalid_request",
            "title": "the request has an invalid field",
            "status": 422,
            "detail": "#/lines/0/quantity: must be above 0",
            "action": "fix",
            "errors": [{"detail": "must be above 0", "pointer": "#/lines/0/quantity"}],
            "retry_after": 2,
            "code": "quantity_not_positive",
        });
        assert_eq!(serde_json::to_value(&problem).unwrap(), expected);
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
    }

    #[test]
    fn a_cause_is_not_public() {
        let secret = std::io::Error::other("password=hunter2");
        let problem = Problem::internal(secret);
        let text = serde_json::to_string(&problem).unwrap();
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("urn:uuid:"), "{text}");
        let response = problem.into_response();
        assert_eq!(&*response.extensions().get::<Cause>().unwrap().text, "password=hunter2");
    }

    #[test]
    fn a_chain_repeats_nothing() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer{0}")]
        struct Outer(&'static str, #[source] std::io::Error);
        let inner = || std::io::Error::other("inner");
        assert_eq!(chain(&Outer("", inner())), "outer: inner");
        assert_eq!(chain(&Outer(": inner", inner())), "outer: inner");
    }

    #[test]
    fn the_catalogue_has_no_slug_twice() {
        let mut slugs: Vec<_> = ProblemKind::ALL.iter().map(|kind| kind.slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), ProblemKind::ALL.len());
        for kind in ProblemKind::ALL {
            assert!(kind.status.is_client_error() || kind.status.is_server_error(), "{}", kind.slug);
            assert!(!kind.title.ends_with('.'), "{}", kind.slug);
        }
        assert_eq!(ProblemKind::of_status(StatusCode::BAD_REQUEST), ProblemKind::BAD_REQUEST);
        assert_eq!(ProblemKind::of_status(StatusCode::IM_A_TEAPOT).uri(), "about:blank");
    }
}
