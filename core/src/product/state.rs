use serde::{Deserialize, Serialize};

use super::event::Listed;
use crate::{Currency, Sku, UnitPrice};

/// What is known of a product. The particulars are those of today, in the shape they were first listed in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum ProductState {
    #[default]
    Unlisted,
    Listed(Listed),
    /// Keeps its particulars, but cannot be ordered.
    Discontinued(Listed),
}

impl ProductState {
    #[must_use]
    pub fn sku(&self) -> Option<&Sku> {
        self.particulars().map(|listed| &listed.sku)
    }

    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.particulars().map(|listed| listed.description.as_str())
    }

    #[must_use]
    pub fn price(&self) -> Option<UnitPrice> {
        self.particulars().map(|listed| listed.price)
    }

    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.particulars().map(|listed| listed.currency)
    }

    /// Whether an order may name the product.
    #[must_use]
    pub fn orderable(&self) -> bool {
        matches!(self, Self::Listed(_))
    }

    /// `None` when the product was never listed.
    #[must_use]
    pub fn particulars(&self) -> Option<&Listed> {
        match self {
            Self::Unlisted => None,
            Self::Listed(listed) | Self::Discontinued(listed) => Some(listed),
        }
    }
}
