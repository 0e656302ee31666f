//! The contract with a payment provider.

mod simulated;

use async_trait::async_trait;
use orderflow_core::Currency;
use rust_decimal::Decimal;

pub use self::simulated::SimulatedProvider;

/// What a provider is asked to authorize.
#[derive(Debug, Clone, PartialEq)]
pub struct Authorization {
    /// The same key is the same authorization, however often it is sent.
    pub idempotency_key: String,
    pub amount: Decimal,
    pub currency: Currency,
    pub token: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// With the provider's own name of the authorization.
    Authorized {
        reference: String,
    },
    Declined {
        reason: String,
    },
}

/// The provider did not answer: what was asked may or may not have been done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payment provider did not answer: {reason}")]
pub struct Unanswered {
    pub reason: String,
}

/// A payment provider.
///
/// # Obligations
///
/// - Every call MUST be idempotent: the same idempotency key is carried out at most once, and answers the same.
/// - A call whose answer is lost MUST be [`Unanswered`], never a decline.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    async fn authorize(&self, authorization: &Authorization) -> Result<Answer, Unanswered>;
    /// What became of an authorization; `None` when it never arrived.
    async fn find(&self, authorization: &Authorization) -> Result<Option<Answer>, Unanswered>;
    /// Takes all of what was authorized.
    async fn capture(&self, authorization: &Authorization) -> Result<(), Unanswered>;
    /// Frees what was authorized, and sees to it that an authorization still on its way is never made.
    async fn void(&self, authorization: &Authorization) -> Result<(), Unanswered>;
}
