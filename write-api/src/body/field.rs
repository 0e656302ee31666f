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
