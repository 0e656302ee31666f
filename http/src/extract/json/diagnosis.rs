//! What to tell a caller whose JSON was refused: where, and what to send instead.

use std::{fmt::Write, str::Utf8Error};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};
use serde_path_to_error::{Path, Segment};

use crate::{
    extract::text::shorten,
    problem::{Problem, ProblemKind},
};

const NUL: &str = "leave out the character U+0000";

/// What a URI fragment may not hold as it is (RFC 3986, section 3.5).
const FRAGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

pub(super) fn not_utf8(error: &Utf8Error) -> Problem {
    malformed(format!("the byte at offset {} is not UTF-8", error.valid_up_to()))
}

/// A body in which an escape for U+0000 was found.
pub(super) fn nul(text: &str) -> Problem {
    match serde_json::from_str(text) {
        Ok(value) => Problem::invalid_field(find_nul(&value).unwrap_or_else(|| "#".to_owned()), NUL),
        Err(error) => syntax(text, &error),
    }
}

/// A body that `T` cannot be made of.
pub(super) fn refused<T: DeserializeOwned>(text: &str, error: &serde_json::Error) -> Problem {
    match error.classify() {
        Category::Data => {}
        Category::Syntax | Category::Eof | Category::Io => return syntax(text, error),
    }
    match serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_str(text)) {
        Ok(_) => Problem::invalid_field("#", message(error)),
        Err(found) => {
            let message = message(found.inner());
            Problem::invalid_field(shorten(pointer(found.path(), &message)), message)
        }
    }
}

fn syntax(text: &str, error: &serde_json::Error) -> Problem {
    if text.trim().is_empty() {
        return malformed("the body is empty: send a JSON value".to_owned());
    }
    let message = message(error);
    let explained = match message.as_str() {
        "recursion limit exceeded" => "arrays and objects are nested more than 127 deep",
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            "a \\u escape is half of a surrogate pair: send both halves, or the character itself"
        }
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "a string holds a raw control character: escape it, and leave out U+0000"
        }
        "trailing characters" => "something follows the JSON value",
        other => other,
    };
    malformed(format!("{explained}, at line {} column {}", error.line(), error.column()))
}

fn malformed(detail: String) -> Problem {
    Problem::new(ProblemKind::MALFORMED_JSON, detail)
}

/// The message without its line and column, and without the name of a type of ours.
fn message(error: &serde_json::Error) -> String {
    let mut message = error.to_string();
    if let Some(place) = message.rfind(" at line ") {
        message.truncate(place);
    }
    if let Some(place) = message.rfind(", expected struct ") {
        message.replace_range(place.., ", expected an object");
    }
    shorten(message)
}

/// A JSON pointer as a URI fragment. A missing or unknown field is pointed at as if it were there.
fn pointer(path: &Path, message: &str) -> String {
    let mut pointer = "#".to_owned();
    let mut last = None;
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                let _ = write!(pointer, "/{index}");
            }
            Segment::Map { key } | Segment::Enum { variant: key } => {
                last = Some(key.as_str());
                push(&mut pointer, key);
                continue;
            }
            Segment::Unknown => break,
        }
        last = None;
    }
    let about_field = ["missing field `", "unknown field `", "duplicate field `"];
    let field = about_field.iter().find_map(|start| message.strip_prefix(start)?.split_once('`'));
    if let Some((field, _)) = field
        && last != Some(field)
    {
        push(&mut pointer, field);
    }
    pointer
}

fn push(pointer: &mut String, key: &str) {
    let escaped = key.replace('~', "~0").replace('/', "~1");
    let _ = write!(pointer, "/{}", utf8_percent_encode(&escaped, FRAGMENT));
}

/// The place of the first string that holds U+0000.
fn find_nul(value: &Value) -> Option<String> {
    fn within(value: &Value, pointer: &mut String) -> bool {
        let length = pointer.len();
        let found = match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
            Value::String(text) => text.contains('\0'),
            Value::Array(items) => items.iter().enumerate().any(|(index, item)| {
                pointer.truncate(length);
                let _ = write!(pointer, "/{index}");
                within(item, pointer)
            }),
            Value::Object(fields) => fields.iter().any(|(key, field)| {
                pointer.truncate(length);
                push(pointer, key);
                key.contains('\0') || within(field, pointer)
            }),
        };
        if !found {
            pointer.truncate(length);
        }
        found
    }
    let mut pointer = "#".to_owned();
    within(value, &mut pointer).then_some(pointer)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[expect(dead_code, reason = "only parsed")]
        lines: Vec<Line>,
        #[expect(dead_code, reason = "only parsed")]
        #[serde(default)]
        labels: BTreeMap<String, u8>,
        #[expect(dead_code, reason = "only parsed")]
        #[serde(default)]
        note: Option<String>,
        #[expect(dead_code, reason = "only parsed")]
        #[serde(default)]
        anything: Value,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[expect(dead_code, reason = "only parsed")]
        sku: String,
        #[expect(dead_code, reason = "only parsed")]
        quantity: u32,
    }

    #[track_caller]
    fn problem(body: impl AsRef<[u8]>) -> Problem {
        super::super::parse::<Order>(body.as_ref()).unwrap_err()
    }

    #[track_caller]
    fn check_field(body: &str, expected: &str) {
        let problem = problem(body);
        assert_eq!(problem.kind(), ProblemKind::INVALID_REQUEST, "{problem}");
        assert_eq!(problem.detail(), expected);
    }

    #[track_caller]
    fn check_malformed(body: impl AsRef<[u8]>, expected: &str) {
        let problem = problem(body);
        assert_eq!(problem.kind(), ProblemKind::MALFORMED_JSON, "{problem}");
        assert_eq!(problem.detail(), expected);
    }

    #[test]
    fn fields_are_pointed_at() {
        let line = r#"{"sku":"a","quantity":1}"#;
        check_field(
            r#"{"lines":[{"sku":"a","quantity":"x"}]}"#,
            "#/lines/0/quantity: invalid type: string \"x\", expected u32",
        );
        check_field(
            r#"{"lines":[{"sku":"a","quantity":-1}]}"#,
            "#/lines/0/quantity: invalid value: integer `-1`, expected u32",
        );
        check_field(&format!(r#"{{"lines":[{line},{{"sku":"a"}}]}}"#), "#/lines/1/quantity: missing field `quantity`");
        check_field(
            r#"{"lines":[{"sku":"a","quantity":1,"colour":"red"}]}"#,
            "#/lines/0/colour: unknown field `colour`, expected `sku` or `quantity`",
        );
        check_field(
            r#"{"lines":[{"sku":"a","quantity":1,"quantity":2}]}"#,
            "#/lines/0/quantity: duplicate field `quantity`",
        );
        check_field(
            r#"{"lines":[],"labels":{"a/b~c d":300}}"#,
            "#/labels/a~1b~0c%20d: invalid value: integer `300`, expected u8",
        );
        check_field("{}", "#/lines: missing field `lines`");
        check_field("17", "#: invalid type: integer `17`, expected an object");
    }

    #[test]
    fn nul_is_refused_wherever_it_is() {
        check_field(r#"{"lines":[],"note":"a\u0000b"}"#, "#/note: leave out the character U+0000");
        check_field(r#"{"lines":[{"sku":"\u0000","quantity":1}]}"#, "#/lines/0/sku: leave out the character U+0000");
        check_field(r#"{"lines":[],"anything":[1,{"\u0000":1}]}"#, "#/anything/1/%00: leave out the character U+0000");
        assert!(super::super::parse::<Order>(br#"{"lines":[],"note":"\\u0000"}"#).is_ok());
        check_malformed(
            "{\"lines\":[],\"note\":\"\0\"}",
            "a string holds a raw control character: escape it, and leave out U+0000, at line 1 column 21",
        );
    }

    #[test]
    fn what_is_no_json_is_told_apart() {
        check_malformed("", "the body is empty: send a JSON value");
        check_malformed(" \n", "the body is empty: send a JSON value");
        check_malformed(r#"{"lines":["#, "EOF while parsing a list, at line 1 column 10");
        check_malformed(r#"{"lines":[]} x"#, "something follows the JSON value, at line 1 column 14");
        check_malformed(b"{\"lines\":[],\"note\":\"\xff\"}", "the byte at offset 20 is not UTF-8");
        for half in [r"\ud800", r"\ud800x", r"\udc00", r"\ud800\ud800"] {
            let problem = problem(format!(r#"{{"lines":[],"note":"{half}"}}"#));
            assert_eq!(problem.kind(), ProblemKind::MALFORMED_JSON, "{half}: {problem}");
            assert!(problem.detail().contains("half of a surrogate pair"), "{half}: {problem}");
        }
        assert!(super::super::parse::<Order>(br#"{"lines":[],"note":"\ud83d\ude00"}"#).is_ok());
    }

    #[test]
    fn deep_nesting_is_refused_and_not_a_stack_overflow() {
        for depth in [128, 100_000] {
            let body = format!(r#"{{"lines":[],"anything":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
            let problem = problem(body);
            assert_eq!(problem.kind(), ProblemKind::MALFORMED_JSON);
            assert!(problem.detail().starts_with("arrays and objects are nested more than 127 deep"), "{problem}");
        }
    }

    #[test]
    fn a_message_does_not_repeat_a_megabyte() {
        let problem = problem(format!(r#"{{"lines":"{}"}}"#, "é".repeat(500_000)));
        assert!(serde_json::to_string(&problem).unwrap().len() < 2000);
    }
}
