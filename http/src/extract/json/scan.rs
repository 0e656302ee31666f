//! A scan of a whole body for the one escape that is valid JSON and fit for no store.

use memchr::memchr;

/// Whether a string holds U+0000. A raw NUL is a syntax error in JSON, so only the escape has to be looked for.
///
/// Most bodies hold no backslash, so this runs at the speed of memory.
pub(super) fn has_nul(body: &[u8]) -> bool {
    let mut rest = body;
    while let Some(backslash) = memchr(b'\\', rest) {
        let escape = &rest[backslash + 1..];
        if escape.starts_with(b"u0000") {
            return true;
        }
        // Past the escaped character, which may itself be a backslash.
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_escaped_backslash_is_no_escape() {
        assert!(has_nul(br#""\u0000""#));
        assert!(has_nul(br#""\\\u0000""#));
        assert!(has_nul(br#"{"\u0000":1}"#));
        assert!(!has_nul(br#""\\u0000""#));
        assert!(!has_nul(br#""\u0001 u0000 \u000""#));
        assert!(!has_nul(br"\"));
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_parser(pieces in prop::collection::vec(
            prop::sample::select(vec!["\\\\", "\\u0000", "u0000", "\\n", "\\\"", "a", "\\u0041", "0"]), 0..12,
        )) {
            let json = format!("\"{}\"", pieces.concat());
            let parsed: String = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(has_nul(json.as_bytes()), parsed.contains('\0'));
        }
    }
}
