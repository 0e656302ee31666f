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
    Sku = "a SKU: 1 to 64 characters (at most 190 bytes in UTF-8), without control characters, '@' or spaces around it",
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// An amount is taken to the last digit, or not at all.
        #[test]
        fn amounts_are_exact(text in "-?[0-9]{1,20}(\\.[0-9]{1,20})?") {
            if let Ok(amount) = <Decimal as FromJson>::from_text(&text) {
                let zeros = text.trim_start_matches('-').trim_start_matches('0');
                let unsigned = if zeros.is_empty() || zeros.starts_with('.') { format!("0{zeros}") } else { zeros.to_owned() };
                prop_assert_eq!(amount.abs().to_string(), unsigned);
            }
        }

        #[test]
        fn nothing_but_a_decimal_is_an_amount(text in ".*") {
            if <Decimal as FromJson>::from_text(&text).is_ok() {
                prop_assert!(text.trim_start_matches('-').split('.').all(|digits| {
                    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
                }), "{}", text);
            }
        }
    }

    #[test]
    fn times_are_cut_to_microseconds() {
        for (text, expected) in [
            ("2009-12-01T07:45:00Z", Some("2009-12-01T07:45:00Z")),
            ("2009-12-01T08:45:00.123456789+01:00", Some("2009-12-01T07:45:00.123456Z")),
            ("2016-12-31T23:59:60Z", Some("2017-01-01T00:00:00Z")),
            ("2009-12-01", None),
            ("2009-12-01T07:45:00", None),
            ("1259653500", None),
        ] {
            let read = <Timestamp as FromJson>::from_text(text).ok();
            assert_eq!(read, expected.map(|time| time.parse().unwrap()), "{text}");
        }
    }
}
