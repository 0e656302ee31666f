//! The country an order goes to, as the retailer names it.

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A name or an ISO 3166 code: whatever the retailer uses, 1 to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Arc<str>", into = "Arc<str>")]
#[schemars(with = "String")]
pub struct Country(Arc<str>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a country is 1 to 64 characters, without control characters or spaces around it")]
pub struct InvalidCountry;

impl Country {
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, InvalidCountry> {
        let text = text.into();
        let valid = !text.is_empty()
            && text.chars().count() <= 64
            && text.trim() == &*text
            && !text.chars().any(char::is_control);
        if valid { Ok(Self(text)) } else { Err(InvalidCountry) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<Arc<str>> for Country {
    type Error = InvalidCountry;
    fn try_from(text: Arc<str>) -> Result<Self, InvalidCountry> {
        Self::new(text)
    }
}

impl From<Country> for Arc<str> {
    fn from(country: Country) -> Self {
        country.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
