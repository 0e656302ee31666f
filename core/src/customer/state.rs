use serde::{Deserialize, Serialize};

use super::event::Registered;
use crate::Country;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum CustomerState {
    #[default]
    Unregistered,
    Active(Registered),
    /// Places no orders.
    Inactive(Registered),
}

impl CustomerState {
    /// `None` when the customer was never registered.
    #[must_use]
    pub fn particulars(&self) -> Option<&Registered> {
        match self {
            Self::Unregistered => None,
            Self::Active(registered) | Self::Inactive(registered) => Some(registered),
        }
    }

    #[must_use]
    pub fn country(&self) -> Option<&Country> {
        self.particulars()?.country.as_ref()
    }

    /// Whether the customer may place orders.
    #[must_use]
    pub fn may_order(&self) -> bool {
        matches!(self, Self::Active(_))
    }
}
