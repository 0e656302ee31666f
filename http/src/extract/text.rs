//! Checks that several extractors share.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use crate::problem::Problem;

/// The longest piece of a message that may hold text of the caller's, in bytes.
const LONGEST: usize = 300;

/// Percent-encoded text has to be UTF-8 without U+0000, which no store would keep.
pub(super) fn check_encoded(encoded: &str) -> Result<(), &'static str> {
    // Most addresses hold nothing that is encoded.
    if memchr::memchr(b'%', encoded.as_bytes()).is_none() {
        return Ok(());
    }
    match percent_decode_str(encoded).decode_utf8() {
        Err(_) => Err("percent-encode UTF-8"),
        Ok(text) if text.contains('\0') => Err("leave out the character U+0000"),
        Ok(_) => Ok(()),
    }
}

/// A header that may be sent once.
pub(super) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(Problem::invalid_header(name.as_str(), "send it once")),
    }
}

/// Cuts a message, which may repeat a megabyte of what was sent.
pub(super) fn shorten(mut message: String) -> String {
    if message.len() > LONGEST {
        message.truncate(message.floor_char_boundary(LONGEST));
        message.push('…');
    }
    message
}
