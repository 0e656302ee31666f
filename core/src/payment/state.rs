use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::event::{Authorized, Declined, Requested};
use crate::{Currency, OrderId, PaymentId};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum PaymentState {
    #[default]
    Unrequested,
    /// Requested, and no attempt on record: only ever between two events of one decision.
    Requested(Requested),
    /// The provider may be called at this moment.
    Attempted(Attempt),
    /// The provider did not answer: it may or may not have authorized.
    OutcomeUnknown(Attempt),
    Declined {
        requested: Requested,
        declined: Declined,
    },
    Authorized(Authorization),
    Voided(Authorization),
    Captured(Capture),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    pub(super) requested: Requested,
    pub(super) attempt: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Authorization {
    pub(super) requested: Requested,
    pub(super) authorized: Authorized,
}

/// refunded ≤ captured ≤ authorized.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    pub(super) authorization: Authorization,
    pub(super) captured: Decimal,
    pub(super) refunded: Decimal,
}

impl Attempt {
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}

impl Authorization {
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.authorized.attempt
    }
}

/// What the provider is given so that the same attempt, however often it is sent, charges once.
#[must_use]
pub fn idempotency_key(payment: PaymentId, attempt: u32) -> String {
    format!("{payment}-{attempt}")
}

impl PaymentState {
    /// The latest attempt whose outcome is not on record: the provider is to be called, or asked, by its key.
    #[must_use]
    pub fn attempt_in_flight(&self) -> Option<u32> {
        match self {
            Self::Attempted(attempt) | Self::OutcomeUnknown(attempt) => Some(attempt.attempt),
            Self::Unrequested
            | Self::Requested(_)
            | Self::Declined { .. }
            | Self::Authorized(_)
            | Self::Voided(_)
            | Self::Captured(_) => None,
        }
    }

    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::OutcomeUnknown(_))
    }

    /// `None` when no payment was requested.
    #[must_use]
    pub fn requested(&self) -> Option<&Requested> {
        match self {
            Self::Unrequested => None,
            Self::Requested(requested) | Self::Declined { requested, .. } => Some(requested),
            Self::Attempted(attempt) | Self::OutcomeUnknown(attempt) => Some(&attempt.requested),
            Self::Authorized(authorization) | Self::Voided(authorization) => Some(&authorization.requested),
            Self::Captured(capture) => Some(&capture.authorization.requested),
        }
    }

    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        self.requested().map(|requested| requested.order)
    }

    #[must_use]
    pub fn amount(&self) -> Option<Decimal> {
        self.requested().map(|requested| requested.amount)
    }

    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.requested().map(|requested| requested.currency)
    }

    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.requested().map(|requested| requested.token.as_str())
    }

    /// The provider's own name of the authorization, once there was one.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.authorization().map(|authorization| authorization.authorized.reference.as_str())
    }

    /// Why the provider declined, if it did.
    #[must_use]
    pub fn declined(&self) -> Option<&str> {
        match self {
            Self::Declined { declined, .. } => Some(&declined.reason),
            Self::Unrequested
            | Self::Requested(_)
            | Self::Attempted(_)
            | Self::OutcomeUnknown(_)
            | Self::Authorized(_)
            | Self::Voided(_)
            | Self::Captured(_) => None,
        }
    }

    /// All that was authorized, whatever became of it.
    #[must_use]
    pub fn authorized(&self) -> Decimal {
        self.authorization().map_or(Decimal::ZERO, |authorization| authorization.authorized.amount)
    }

    #[must_use]
    pub fn captured(&self) -> Decimal {
        self.capture().map_or(Decimal::ZERO, |capture| capture.captured)
    }

    #[must_use]
    pub fn refunded(&self) -> Decimal {
        self.capture().map_or(Decimal::ZERO, |capture| capture.refunded)
    }

    fn authorization(&self) -> Option<&Authorization> {
        match self {
            Self::Unrequested
            | Self::Requested(_)
            | Self::Attempted(_)
            | Self::OutcomeUnknown(_)
            | Self::Declined { .. } => None,
            Self::Authorized(authorization) | Self::Voided(authorization) => Some(authorization),
            Self::Captured(capture) => Some(&capture.authorization),
        }
    }

    fn capture(&self) -> Option<&Capture> {
        match self {
            Self::Unrequested
            | Self::Requested(_)
            | Self::Attempted(_)
            | Self::OutcomeUnknown(_)
            | Self::Declined { .. }
            | Self::Authorized(_)
            | Self::Voided(_) => None,
            Self::Captured(capture) => Some(capture),
        }
    }
}
