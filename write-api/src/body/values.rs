//! How the domain's values are read from JSON.

use std::borrow::Cow;

use orderflow_core::{Country, Currency, CustomerId, InvalidQuantity, Quantity, Sku};
use orderflow_engine::Timestamp;
use rust_decimal::Decimal;

use super::field::{FromJson, unexpected};

type Read<T> = Result<T, Cow<'static, str>>;

/// Text of a person's or a system's own making, of up to `MAX` characters, without control characters.
#[derive(Debug)]
pub(crate) struct Text<const MAX: usize>(pub(crate) String);

impl<const MAX: usize> FromJson for Text<MAX> {
    const EXPECTED: &'static str = "a text";

    fn from_text(text: &str) -> Read<Self> {
        if text.chars().any(char::is_control) {
            Err("has a control character: leave it out".into())
        } else if text.chars().nth(MAX).is_some() {
            Err(format!("is too long: give at most {MAX} characters").into())
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

macro_rules! parsed_from_text {
    ($($value:ty = $expected:literal),+ $(,)?) => { $(
        impl FromJson for $value {
            const EXPECTED: &'static str = $expected;

            fn from_text(text: &str) -> Read<Self> {
                text.parse().map_err(|_| unexpected::<Self>())
            }
        }
    )+ };
}

parsed_from_text! {
    Sku = "a SKU: 1 to 64 characters, without control characters, '@' or spaces around it",
    Currency = "a currency: three capital letters, as in ISO 4217",
    CustomerId = "a customer's id, which is a UUID",
}

impl FromJson for Country {
    const EXPECTED: &'static str = "a country: 1 to 64 characters, without control characters or spaces around it";

    fn from_text(text: &str) -> Read<Self> {
        Self::new(text).map_err(|_| unexpected::<Self>())
    }
}

impl FromJson for Decimal {
    const EXPECTED: &'static str = "an amount as a text with a decimal number, such as \"12.50\"";

    fn from_text(text: &str) -> Read<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
            && text.bytes().next_back().is_some_and(|byte| byte.is_ascii_digit())
            && text.trim_start_matches('-').bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        if !plain {
            return Err(unexpected::<Self>());
        }
        Self::from_str_exact(text).map_err(|error| match error {
            rust_decimal::Error::Underflow => "has more decimals than any currency needs".into(),
            _ => unexpected::<Self>(),
        })
    }
}

impl FromJson for Quantity {
    const EXPECTED: &'static str = "a whole number from 1 to 1000000";

    fn from_integer(integer: i128) -> Read<Self> {
        u32::try_from(integer).map_err(|_| InvalidQuantity).and_then(Self::new).map_err(|_| unexpected::<Self>())
    }
}

/// A line's number.
impl FromJson for u32 {
    const EXPECTED: &'static str = "a whole number from 1 on";

    fn from_integer(integer: i128) -> Read<Self> {
        Self::try_from(integer).ok().filter(|number| *number > 0).ok_or_else(unexpected::<Self>)
    }
}

/// By how much a stock count differs.
impl FromJson for i64 {
    const EXPECTED: &'static str = "a whole number from -1000000000 to 1000000000, and not 0";

    fn from_integer(integer: i128) -> Read<Self> {
        let bounded = Self::try_from(integer).ok().filter(|delta| *delta != 0 && delta.abs() <= 1_000_000_000);
        bounded.ok_or_else(unexpected::<Self>)
    }
}

impl FromJson for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_boolean(boolean: bool) -> Read<Self> {
        Ok(boolean)
    }
}

impl FromJson for Timestamp {
    const EXPECTED: &'static str = "a time as in RFC 3339, such as 2009-12-01T07:45:00Z";

    /// Cut to microseconds, as events keep them; a leap second becomes the second after it.
    fn from_text(text: &str) -> Read<Self> {
        chrono::DateTime::parse_from_rfc3339(text)
            .ok()
            .and_then(|time| Self::from_timestamp_micros(time.timestamp_micros()))
            .ok_or_else(unexpected::<Self>)
    }
}
