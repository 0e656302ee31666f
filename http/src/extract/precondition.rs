//! `ETag`, `If-Match` and `If-None-Match`: versions as strong entity tags such as `"v17"`.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
};
use bytes::Bytes;

use super::text::only;
use crate::problem::{Problem, ProblemKind};

/// The entity tag of a version.
#[must_use]
pub fn etag(version: u64) -> HeaderValue {
    HeaderValue::from_maybe_shared(Bytes::from(format!("\"v{version}\""))).expect("quotes, a letter and digits")
}

/// The version that a write is meant for. A malformed or weak tag, or several, are a problem of 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    Absent,
    /// `*`: whatever version there is, as long as there is one.
    Any,
    Version(u64),
}

impl IfMatch {
    /// The one version that will do, if only one will.
    #[must_use]
    pub fn version(self) -> Option<u64> {
        match self {
            Self::Version(version) => Some(version),
            Self::Absent | Self::Any => None,
        }
    }

    /// # Errors
    ///
    /// 428 where the header is absent.
    pub fn required(self) -> Result<Self, Problem> {
        match self {
            Self::Any | Self::Version(_) => Ok(self),
            Self::Absent => Err(Problem::new(
                ProblemKind::PRECONDITION_REQUIRED,
                "read the resource and send its ETag in the header If-Match",
            )),
        }
    }

    fn parse(value: &HeaderValue) -> Result<Self, &'static str> {
        let value = value.as_bytes().trim_ascii();
        match (value, version_of(value)) {
            (b"*", _) => Ok(Self::Any),
            (_, Some(version)) => Ok(Self::Version(version)),
            _ if value.starts_with(b"W/") => Err("a weak tag cannot guard a write: send the ETag as it was given"),
            _ if value.contains(&b',') => Err("send one tag, that of the version you have seen"),
            _ => Err("send an ETag as it was given, such as \"v17\" with its quotes, or *"),
        }
    }
}

/// `"v17"` and nothing else: no sign, no leading zero.
fn version_of(tag: &[u8]) -> Option<u64> {
    let digits = tag.strip_prefix(b"\"v")?.strip_suffix(b"\"")?;
    let canonical = digits == b"0" || digits.first().is_some_and(|first| matches!(first, b'1'..=b'9'));
    if !canonical || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = only(&parts.headers, &header::IF_MATCH)? else { return Ok(Self::Absent) };
        Self::parse(value).map_err(|advice| Problem::invalid_header("If-Match", advice))
    }
}

/// The versions that a reader has already, or `*` from a writer that wants to create.
///
/// Compared weakly, as RFC 9110 has it for this header; tags that are not ours match nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfNoneMatch {
    Absent,
    Any,
    Versions(Vec<u64>),
}

impl IfNoneMatch {
    /// Whether a reader has `version` already, so that 304 is the answer.
    #[must_use]
    pub fn matches(&self, version: u64) -> bool {
        match self {
            Self::Absent => false,
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let mut versions = None;
        for value in parts.headers.get_all(header::IF_NONE_MATCH) {
            let versions = versions.get_or_insert_with(Vec::new);
            for tag in value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                if tag == b"*" {
                    return Ok(Self::Any);
                }
                versions.extend(version_of(tag.strip_prefix(b"W/").unwrap_or(tag)));
            }
        }
        Ok(versions.map_or(Self::Absent, Self::Versions))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<IfMatch, &'static str> {
        IfMatch::parse(&HeaderValue::from_str(text).unwrap())
    }

    #[test]
    fn the_grammar_of_if_match() {
        for (text, expected) in [
            ("\"v17\"", IfMatch::Version(17)),
            (" \"v0\" ", IfMatch::Version(0)),
            ("\"v18446744073709551615\"", IfMatch::Version(u64::MAX)),
            ("*", IfMatch::Any),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "v17",
            "\"17\"",
            "\"v\"",
            "\"v017\"",
            "\"v+1\"",
            "\"v-1\"",
            "\"v1",
            "\"v18446744073709551616\"",
            "W/\"v17\"",
            "\"v17\", \"v18\"",
            "*, \"v1\"",
            "\"V17\"",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn if_none_match_takes_lists_and_weak_tags() {
        async fn of(values: &[&str]) -> IfNoneMatch {
            let mut request = Request::new(());
            for value in values {
                request.headers_mut().append(header::IF_NONE_MATCH, HeaderValue::from_str(value).unwrap());
            }
            let Ok(parsed) = IfNoneMatch::from_request_parts(&mut request.into_parts().0, &()).await;
            parsed
        }
        assert_eq!(of(&[]).await, IfNoneMatch::Absent);
        assert_eq!(of(&["*"]).await, IfNoneMatch::Any);
        assert_eq!(of(&["W/\"v1\", \"v2\"", "\"v3\""]).await, IfNoneMatch::Versions(vec![1, 2, 3]));
        assert!(of(&["\"v2\""]).await.matches(2));
        assert!(!of(&["\"v2\"", "\"abc\""]).await.matches(3));
    }

    proptest! {
        #[test]
        fn a_tag_is_read_as_it_was_written(version: u64) {
            prop_assert_eq!(IfMatch::parse(&etag(version)), Ok(IfMatch::Version(version)));
        }
    }
}
