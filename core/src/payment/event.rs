use orderflow_engine::event_codec;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Currency, OrderId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Requested {
    pub order: OrderId,
    pub amount: Decimal,
    pub currency: Currency,
    pub token: String,
}

/// On record before the provider is called. The provider's idempotency key derives from payment and attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attempted {
    pub attempt: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Authorized {
    pub attempt: u32,
    pub amount: Decimal,
    /// The provider's own name of the authorization.
    pub reference: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Declined {
    pub attempt: u32,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Captured {
    pub amount: Decimal,
    /// All that was captured, this included.
    pub captured: Decimal,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Voided {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refunded {
    pub amount: Decimal,
    /// All that was refunded, this included.
    pub refunded: Decimal,
}

/// The provider did not answer: it may or may not have authorized.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutcomeUnknown {
    pub attempt: u32,
    pub reason: String,
}

/// The provider was asked what became of an attempt, and knew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reconciled {
    pub attempt: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PaymentEvent {
    Requested(Requested),
    Attempted(Attempted),
    Authorized(Authorized),
    Declined(Declined),
    Captured(Captured),
    Voided(Voided),
    Refunded(Refunded),
    OutcomeUnknown(OutcomeUnknown),
    Reconciled(Reconciled),
}

event_codec! {
    PaymentEvent {
        Requested(Requested) => "payment.requested.v1",
        Attempted(Attempted) => "payment.attempted.v1",
        Authorized(Authorized) => "payment.authorized.v1",
        Declined(Declined) => "payment.declined.v1",
        Captured(Captured) => "payment.captured.v1",
        Voided(Voided) => "payment.voided.v1",
        Refunded(Refunded) => "payment.refunded.v1",
        OutcomeUnknown(OutcomeUnknown) => "payment.outcome_unknown.v1",
        Reconciled(Reconciled) => "payment.reconciled.v1",
    }
}
