//! What identifies a request in the log, in events and to the caller.

use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
};
use bytes::Bytes;
use tokio::time::Instant;

use super::random;
use crate::{limits::Limits, problem::Problem};

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The length of a `traceparent` of version 00.
const TRACEPARENT_BYTES: usize = 55;

/// The identity of a request: an extension of it and, in a handler, an extractor.
#[derive(Debug, Clone)]
pub struct RequestContext {
    request_id: HeaderValue,
    trace_parent: Option<[u8; TRACEPARENT_BYTES]>,
    began: Instant,
    body_deadline: Instant,
}

impl RequestContext {
    pub(super) fn of(request: &Request, limits: &Limits) -> Self {
        let began = Instant::now();
        Self {
            request_id: request_id(request.headers()),
            trace_parent: trace_parent(request.headers()),
            began,
            body_deadline: began + limits.body_timeout,
        }
    }

    /// The caller's `X-Request-Id` where it is fit to be logged and repeated, else one made here; echoed in the answer.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.request_id.to_str().expect("only visible ASCII is let in")
    }

    /// W3C Trace Context `traceparent`, version 00, if the caller sent a valid one. None is begun here: nobody records
    /// traces yet, and every event of the request would carry it.
    #[must_use]
    pub fn trace_parent(&self) -> Option<&str> {
        let bytes = self.trace_parent.as_ref()?;
        Some(std::str::from_utf8(bytes).expect("only hexadecimal digits and '-' are let in"))
    }

    pub(super) fn request_id_header(&self) -> &HeaderValue {
        &self.request_id
    }

    pub(super) fn began(&self) -> Instant {
        self.began
    }

    pub(crate) fn body_deadline(&self) -> Instant {
        self.body_deadline
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(|| Problem::internal("the route is not behind the edge"))
    }
}

fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(X_REQUEST_ID).filter(|given| {
        let fit = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@~".contains(byte);
        (1..=128).contains(&given.len()) && given.as_bytes().iter().all(fit)
    });
    given.cloned().unwrap_or_else(|| {
        let mut id = vec![0; 32];
        random::hex(&mut id);
        HeaderValue::from_maybe_shared(Bytes::from(id)).expect("hexadecimal digits")
    })
}

fn trace_parent(headers: &HeaderMap) -> Option<[u8; TRACEPARENT_BYTES]> {
    let mut given = headers.get_all(TRACEPARENT).iter();
    let (Some(only), None) = (given.next(), given.next()) else { return None };
    <[u8; TRACEPARENT_BYTES]>::try_from(only.as_bytes()).ok().filter(is_trace_parent)
}

fn is_trace_parent(text: &[u8; TRACEPARENT_BYTES]) -> bool {
    let hex = |digits: &[u8]| digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    let nonzero = |digits: &[u8]| digits.iter().any(|digit| *digit != b'0');
    let (trace, parent, flags) = (&text[3..35], &text[36..52], &text[53..]);
    text.starts_with(b"00-")
        && text[35] == b'-'
        && text[52] == b'-'
        && hex(trace)
        && nonzero(trace)
        && hex(parent)
        && nonzero(parent)
        && hex(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(name: HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_valid_trace_goes_on() {
        let kept = trace_parent(&headers(TRACEPARENT, &[VALID]));
        assert_eq!(kept.as_ref().map(<[u8; 55]>::as_slice), Some(VALID.as_bytes()));
    }

    #[test]
    fn an_invalid_trace_is_none() {
        let upper = VALID.to_uppercase();
        let longer = format!("{VALID}-00");
        for invalid in [
            "",
            "00",
            &upper,
            &longer,
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        ] {
            assert_eq!(trace_parent(&headers(TRACEPARENT, &[invalid])), None, "{invalid:?}");
        }
        assert_eq!(trace_parent(&headers(TRACEPARENT, &[VALID, VALID])), None);
        assert_eq!(trace_parent(&HeaderMap::new()), None);
    }

    #[test]
    fn a_request_id_is_kept_if_it_can_be_logged() {
        assert_eq!(request_id(&headers(X_REQUEST_ID, &["order/17:a_b-c"])), "order/17:a_b-c");
        let long = "x".repeat(129);
        for unfit in ["", "a b", "a\"b", "a,b", "{}", &long] {
            let made = request_id(&headers(X_REQUEST_ID, &[unfit]));
            assert_eq!(made.len(), 32, "{unfit}");
        }
    }
}
