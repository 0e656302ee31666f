use rust_decimal::Decimal;

use crate::{Refusal, RefusalKind};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRejection {
    #[error("no payment was requested: request it first")]
    Missing,
    #[error("the amount {amount} cannot be paid: use an amount above zero, no finer than the currency's minor unit")]
    InvalidAmount { amount: Decimal },
    #[error("the payment was requested with other particulars: use another payment id")]
    AlreadyRequested,
    #[error("attempt {attempt} was never made: name the attempt {latest}")]
    NoSuchAttempt { attempt: u32, latest: u32 },
    #[error("the provider has not answered attempt {attempt} yet: record its answer first")]
    AttemptInFlight { attempt: u32 },
    #[error("the outcome of attempt {attempt} is unknown: ask the provider what became of it first")]
    OutcomeUnknown { attempt: u32 },
    #[error("the payment is authorized as '{reference}': it can only be captured or voided")]
    AlreadyAuthorized { reference: String },
    #[error("the payment was declined ({reason}): nothing can be done with it")]
    Declined { reason: String },
    #[error("the payment was voided: nothing can be done with it")]
    Voided,
    #[error("the payment is not captured yet: void it instead")]
    NotCaptured,
    #[error("the payment is captured: refund it instead")]
    AlreadyCaptured,
    #[error("only {refundable} can still be refunded: refund no more than that")]
    ExceedsCaptured { refundable: Decimal },
}

impl Refusal for PaymentRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "no-such-payment",
            Self::InvalidAmount { .. } => "invalid-amount",
            Self::AlreadyRequested => "already-requested",
            Self::NoSuchAttempt { .. } => "no-such-attempt",
            Self::AttemptInFlight { .. } => "attempt-in-flight",
            Self::OutcomeUnknown { .. } => "outcome-unknown",
            Self::AlreadyAuthorized { .. } => "already-authorized",
            Self::Declined { .. } => "payment-declined",
            Self::Voided => "payment-voided",
            Self::NotCaptured => "not-captured",
            Self::AlreadyCaptured => "already-captured",
            Self::ExceedsCaptured { .. } => "exceeds-captured",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::Missing => RefusalKind::Missing,
            Self::InvalidAmount { .. } => RefusalKind::Invalid,
            Self::AlreadyRequested
            | Self::NoSuchAttempt { .. }
            | Self::AttemptInFlight { .. }
            | Self::OutcomeUnknown { .. }
            | Self::AlreadyAuthorized { .. }
            | Self::Declined { .. }
            | Self::Voided
            | Self::NotCaptured
            | Self::AlreadyCaptured
            | Self::ExceedsCaptured { .. } => RefusalKind::State,
        }
    }
}
