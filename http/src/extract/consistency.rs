//! The consistency token: how fresh a read has to be, and how fresh it was.

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, request::Parts},
};

use super::text::only;
use crate::problem::Problem;

pub const ORDERFLOW_AFTER: HeaderName = HeaderName::from_static("orderflow-after");
pub const ORDERFLOW_POSITION: HeaderName = HeaderName::from_static("orderflow-position");

/// The position that a view has to have reached before it is read: the token that a write answered with, if one is
/// sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderflowAfter(pub Option<u64>);

impl<S: Send + Sync> FromRequestParts<S> for OrderflowAfter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = only(&parts.headers, &ORDERFLOW_AFTER)? else { return Ok(Self(None)) };
        parse(value).map(|position| Self(Some(position))).ok_or_else(|| {
            Problem::invalid_header("Orderflow-After", "send the Orderflow-Position of an answer as it was given")
        })
    }
}

fn parse(value: &HeaderValue) -> Option<u64> {
    let text = value.to_str().ok()?.trim_matches([' ', '\t']);
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// The header of an answer that says up to which position it is true, or at which the write took effect.
#[must_use]
pub fn orderflow_position(position: u64) -> (HeaderName, HeaderValue) {
    (ORDERFLOW_POSITION, HeaderValue::from(position))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_position() {
        assert_eq!(parse(&orderflow_position(42).1), Some(42));
        for text in ["", "-1", "+1", "1.0", "0x1", "18446744073709551616", "1 2"] {
            assert_eq!(parse(&HeaderValue::from_str(text).unwrap()), None, "{text}");
        }
    }
}
