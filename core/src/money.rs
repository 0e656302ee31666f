//! Money: decimals with an ISO 4217 currency, never floats.

use std::{fmt, str::FromStr, sync::Arc};

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Quantity;

/// An ISO 4217 currency code. Only what the code says about its minor unit is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Arc<str>", into = "String")]
#[schemars(with = "String")]
pub struct Currency([u8; 3]);

/// ISO 4217 codes whose minor unit is not a hundredth, with its digits.
const UNUSUAL_MINOR_UNITS: &[(&[u8; 3], u32)] = &[
    (b"BHD", 3),
    (b"BIF", 0),
    (b"CLP", 0),
    (b"DJF", 0),
    (b"GNF", 0),
    (b"IQD", 3),
    (b"ISK", 0),
    (b"JOD", 3),
    (b"JPY", 0),
    (b"KMF", 0),
    (b"KRW", 0),
    (b"KWD", 3),
    (b"LYD", 3),
    (b"OMR", 3),
    (b"PYG", 0),
    (b"RWF", 0),
    (b"TND", 3),
    (b"UGX", 0),
    (b"VND", 0),
    (b"VUV", 0),
    (b"XAF", 0),
    (b"XOF", 0),
    (b"XPF", 0),
];

impl Currency {
    pub const GBP: Self = Self(*b"GBP");

    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Decimal digits of the minor unit: 2 for GBP.
    #[must_use]
    pub fn minor_digits(self) -> u32 {
        UNUSUAL_MINOR_UNITS.iter().find(|(code, _)| **code == self.0).map_or(2, |(_, digits)| *digits)
    }

    /// Rounds half to even to the minor unit.
    #[must_use]
    pub fn round(self, amount: Decimal) -> Decimal {
        let mut rounded = amount.round_dp_with_strategy(self.minor_digits(), RoundingStrategy::MidpointNearestEven);
        rounded.rescale(self.minor_digits());
        rounded
    }

    /// An amount in minor units, as views keep it; `None` when it has a finer part or does not fit.
    #[must_use]
    pub fn to_minor(self, amount: Decimal) -> Option<i64> {
        let scaled = amount.checked_mul(Decimal::from(10_u64.pow(self.minor_digits())))?;
        if scaled.fract().is_zero() { scaled.to_i64() } else { None }
    }

    #[must_use]
    pub fn from_minor(self, minor: i64) -> Decimal {
        Decimal::new(minor, self.minor_digits())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three capital letters, as in ISO 4217")]
pub struct InvalidCurrency;

impl FromStr for Currency {
    type Err = InvalidCurrency;
    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(InvalidCurrency),
        }
    }
}

impl TryFrom<Arc<str>> for Currency {
    type Error = InvalidCurrency;
    fn try_from(text: Arc<str>) -> Result<Self, InvalidCurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount of one currency: `{"amount": "12.50", "currency": "GBP"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    pub amount: Decimal,
    pub currency: Currency,
}

/// The price of one piece: not negative, with at most four decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Decimal", into = "Decimal")]
#[schemars(with = "Decimal")]
pub struct UnitPrice(Decimal);

impl UnitPrice {
    pub const MAX_DECIMALS: u32 = 4;
    /// No piece costs more than this, so that no sum overflows.
    pub const MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

    pub fn new(amount: Decimal) -> Result<Self, InvalidPrice> {
        if amount.is_zero() {
            // There is a negative zero, too.
            Ok(Self(amount.abs()))
        } else if amount.is_sign_negative() {
            Err(InvalidPrice::Negative)
        } else if amount.normalize().scale() > Self::MAX_DECIMALS {
            Err(InvalidPrice::TooPrecise)
        } else if amount > Self::MAX {
            Err(InvalidPrice::TooLarge)
        } else {
            Ok(Self(amount))
        }
    }

    #[must_use]
    pub fn amount(self) -> Decimal {
        self.0
    }

    /// What so many pieces cost: rounded half to even to the currency's minor unit.
    #[must_use]
    pub fn times(self, quantity: Quantity, currency: Currency) -> Decimal {
        currency.round(self.0 * Decimal::from(quantity.get()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrice {
    #[error("a price is not negative")]
    Negative,
    #[error("a unit price has at most four decimals")]
    TooPrecise,
    #[error("a unit price is at most 1000000000")]
    TooLarge,
}

impl TryFrom<Decimal> for UnitPrice {
    type Error = InvalidPrice;
    fn try_from(amount: Decimal) -> Result<Self, InvalidPrice> {
        Self::new(amount)
    }
}

impl From<UnitPrice> for Decimal {
    fn from(price: UnitPrice) -> Self {
        price.0
    }
}
