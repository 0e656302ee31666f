//! One field, whatever came in its place.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// What can be read from one JSON value. Each kind of value is refused unless the type takes it.
pub(crate) trait FromJson: Sized {
    /// Follows "give", as in "give a whole number".
    const EXPECTED: &'static str;

    fn from_text(_text: &str) -> Result<Self, Cow<'static, str>> {
        Err(unexpected::<Self>())
    }

    fn from_integer(_integer: i128) -> Result<Self, Cow<'static, str>> {
        Err(unexpected::<Self>())
    }

    fn from_boolean(_boolean: bool) -> Result<Self, Cow<'static, str>> {
        Err(unexpected::<Self>())
    }
}

pub(crate) fn unexpected<T: FromJson>() -> Cow<'static, str> {
    format!("give {}", T::EXPECTED).into()
}

/// Reads any JSON value without failing.
#[derive(Debug, Default)]
pub(crate) enum Field<T> {
    /// Left out, or null.
    #[default]
    Missing,
    /// With what to do about it.
    Wrong(Cow<'static, str>),
    Is(T),
}

impl<T> From<Result<T, Cow<'static, str>>> for Field<T> {
    fn from(read: Result<T, Cow<'static, str>>) -> Self {
        match read {
            Ok(value) => Self::Is(value),
            Err(detail) => Self::Wrong(detail),
        }
    }
}

impl<'de, T: FromJson> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue(PhantomData))
    }
}

struct AnyValue<T>(PhantomData<T>);

impl<'de, T: FromJson> Visitor<'de> for AnyValue<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_unit<E>(self) -> Result<Field<T>, E> {
        Ok(Field::Missing)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Field<T>, E> {
        Ok(T::from_boolean(boolean).into())
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Field<T>, E> {
        Ok(T::from_integer(i128::from(integer)).into())
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Field<T>, E> {
        Ok(T::from_integer(i128::from(integer)).into())
    }

    /// A number with a fraction or an exponent, or one too large for 64 bits. Nothing here is read from a float.
    fn visit_f64<E>(self, _float: f64) -> Result<Field<T>, E> {
        Ok(Field::Wrong(unexpected::<T>()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<T>, E> {
        Ok(T::from_text(text).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field<T>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Wrong(unexpected::<T>()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Field<T>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Wrong(unexpected::<T>()))
    }
}

#[cfg(test)]
mod tests {
    use orderflow_core::Quantity;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[derive(Deserialize)]
    struct Line {
        #[serde(default)]
        quantity: Field<Quantity>,
        note: String,
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (0_i64..4).prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(".*", inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        /// Whatever stands in one field, the fields after it are read, and the value is taken exactly when it is right.
        #[test]
        fn a_wrong_field_does_not_end_the_reading(value in any_json()) {
            let text = serde_json::json!({"quantity": value, "note": "read on"}).to_string();
            let line: Line = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(line.note, "read on");
            let pieces = value.as_u64().and_then(|pieces| u32::try_from(pieces).ok());
            let right = pieces.and_then(|pieces| Quantity::new(pieces).ok());
            match line.quantity {
                Field::Is(quantity) => prop_assert_eq!(Some(quantity), right),
                Field::Missing => prop_assert!(value.is_null()),
                Field::Wrong(_) => prop_assert!(right.is_none() && !value.is_null()),
            }
        }
    }

    #[test]
    fn a_field_that_is_left_out_is_missing() {
        let line: Line = serde_json::from_str(r#"{"note":""}"#).unwrap();
        assert!(matches!(line.quantity, Field::Missing));
    }
}
