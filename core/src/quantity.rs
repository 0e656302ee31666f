//! Quantities: positive whole numbers of pieces.

use std::{fmt, num::NonZeroU32};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// At least one piece, at most [`Quantity::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u32", into = "u32")]
#[schemars(with = "u32")]
pub struct Quantity(NonZeroU32);

impl Quantity {
    pub const MAX: u32 = 1_000_000;

    pub fn new(pieces: u32) -> Result<Self, InvalidQuantity> {
        NonZeroU32::new(pieces).filter(|_| pieces <= Self::MAX).map(Self).ok_or(InvalidQuantity)
    }

    /// So many pieces in all, from several lines: above what one line may hold; `None` when there are none.
    pub(crate) fn sum(pieces: u32) -> Option<Self> {
        NonZeroU32::new(pieces).map(Self)
    }

    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quantity is a whole number from 1 to 1000000")]
pub struct InvalidQuantity;

impl TryFrom<u32> for Quantity {
    type Error = InvalidQuantity;
    fn try_from(pieces: u32) -> Result<Self, InvalidQuantity> {
        Self::new(pieces)
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.get()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
