//! Rows as compact JSON arrays. Whole numbers stay exact: no script ever reads them as its own.

use std::{fmt::Write as _, sync::Arc};

use orderflow_engine::projection::Value;
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

/// Appends values as a JSON array.
pub(super) fn push(json: &mut String, values: &[Value]) {
    json.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        match value {
            Value::Null => json.push_str("null"),
            Value::Int(value) => write!(json, "{value}").expect("a string takes what is written to it"),
            Value::Text(text) => push_text(json, text),
        }
    }
    json.push(']');
}

pub(super) fn encode(values: &[Value]) -> String {
    let mut json = String::with_capacity(32 * values.len());
    push(&mut json, values);
    json
}

fn push_text(json: &mut String, text: &str) {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&serde_json::Value::from(text).to_string());
    }
}

pub(super) fn decode(json: &[u8]) -> Result<Vec<Value>, serde_json::Error> {
    let values: Vec<Held> = serde_json::from_slice(json)?;
    Ok(values.into_iter().map(|held| held.0).collect())
}

/// A value as JSON has it.
struct Held(Value);

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeldVisitor)
    }
}

struct HeldVisitor;

impl Visitor<'_> for HeldVisitor {
    type Value = Held;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("null, a whole number of 64 bits or a text")
    }

    fn visit_unit<E>(self) -> Result<Held, E> {
        Ok(Held(Value::Null))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Held, E> {
        Ok(Held(Value::Int(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Held, E> {
        i64::try_from(value).map(|value| Held(Value::Int(value))).map_err(E::custom)
    }

    fn visit_str<E>(self, text: &str) -> Result<Held, E> {
        Ok(Held(Value::Text(Arc::from(text))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Int),
            any::<String>().prop_map(Value::from),
            prop::sample::select(vec!["a\"b", "\\", "\u{0}\u{1f}", "\u{2028}é"]).prop_map(Value::from),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in prop::collection::vec(value(), 0..8)) {
            let json = encode(&values);
            prop_assert!(serde_json::from_str::<Vec<serde_json::Value>>(&json).is_ok(), "{}", json);
            prop_assert_eq!(decode(json.as_bytes()).unwrap(), values);
        }
    }

    #[test]
    fn the_ends_of_the_numbers_are_exact() {
        let values = [Value::Int(i64::MAX), Value::Int(i64::MIN), Value::Int((1 << 53) + 1)];
        assert_eq!(encode(&values), "[9223372036854775807,-9223372036854775808,9007199254740993]");
        assert_eq!(decode(encode(&values).as_bytes()).unwrap(), values);
        for foreign in ["[1.5]", "[true]", "[9223372036854775808]", "{}", "[[1]]"] {
            assert!(decode(foreign.as_bytes()).is_err(), "{foreign}");
        }
    }
}
