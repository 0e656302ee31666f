//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07).

use std::{fmt, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{HeaderName, HeaderValue, request::Parts},
};

use super::text::only;
use crate::problem::{Problem, ProblemKind};

const NAME: HeaderName = HeaderName::from_static("idempotency-key");
const LONGEST: usize = 255;

/// What a caller calls an intention, so that it can be sent again without being carried out again.
///
/// A structured-field string, `"8e03978e"`; without the quotes it means the same. 1 to 255 visible ASCII characters.
/// Required as it is; as `Option<IdempotencyKey>` it may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Arc<str>);

impl IdempotencyKey {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(value: &HeaderValue) -> Result<Self, &'static str> {
        let text = value.to_str().map_err(|_| "use visible ASCII characters only")?.trim_matches([' ', '\t']);
        let key = match text.strip_prefix('"') {
            Some(rest) => unquote(rest)?,
            None if text.contains(['"', '\\', ',', ';']) => return Err("put the key in double quotes"),
            None => text.to_owned(),
        };
        if key.is_empty() || key.len() > LONGEST {
            return Err("use 1 to 255 characters");
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("use visible ASCII characters only, and no spaces");
        }
        Ok(Self(key.into()))
    }
}

/// The rest of an RFC 9651 string, after the opening quote.
fn unquote(rest: &str) -> Result<String, &'static str> {
    let mut key = String::with_capacity(rest.len());
    let mut characters = rest.chars();
    loop {
        match characters.next() {
            None => return Err("close the double quotes"),
            Some('"') if characters.as_str().is_empty() => return Ok(key),
            Some('"') => return Err("send nothing after the closing double quote"),
            Some('\\') => match characters.next() {
                Some(escaped @ ('"' | '\\')) => key.push(escaped),
                _ => return Err("a backslash may only stand before '\"' or another backslash"),
            },
            Some(character) => key.push(character),
        }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        let Some(value) = only(&parts.headers, &NAME)? else { return Ok(None) };
        Self::parse(value).map(Some).map_err(|advice| Problem::invalid_header("Idempotency-Key", advice))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let key = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        key.ok_or_else(|| {
            Problem::new(
                ProblemKind::IDEMPOTENCY_KEY_MISSING,
                "send the header Idempotency-Key with a value of your own, such as a UUID, and the same one when you \
                 try again",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<String, &'static str> {
        IdempotencyKey::parse(&HeaderValue::from_str(text).unwrap()).map(|key| key.to_string())
    }

    #[test]
    fn the_grammar() {
        let longest = "k".repeat(255);
        for (text, key) in [
            ("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            (" \"k\" ", "k"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            ("\"a,b;c\"", "a,b;c"),
            (&longest, &longest),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(key), "{text}");
        }
        let too_long = "k".repeat(256);
        for text in [
            "",
            "\"\"",
            "\"",
            "\"open",
            "\"a\"b",
            "\"a\";x=1",
            "\"a\", \"b\"",
            "a,b",
            "a b",
            "\"a b\"",
            r#""\n""#,
            &too_long,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(IdempotencyKey::parse(&HeaderValue::from_bytes(b"\xc3\xa4").unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn quoting_round_trips(key in "[!-~]{1,255}") {
            let quoted = format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(parse(&quoted), Ok(key));
        }
    }
}
