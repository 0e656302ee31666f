use rust_decimal::Decimal;

use super::{
    event::PaymentEvent,
    state::{Attempt, Authorization, Capture, PaymentState},
};

pub(super) fn evolve(state: PaymentState, event: &PaymentEvent) -> PaymentState {
    match event {
        PaymentEvent::Requested(requested) => match state {
            PaymentState::Unrequested => PaymentState::Requested(requested.clone()),
            unchanged => unchanged,
        },
        PaymentEvent::Attempted(attempted) => match state {
            PaymentState::Requested(requested) => {
                PaymentState::Attempted(Attempt { requested, attempt: attempted.attempt })
            }
            unchanged => unchanged,
        },
        PaymentEvent::Authorized(authorized) => match state {
            PaymentState::Attempted(attempt) => {
                PaymentState::Authorized(Authorization { requested: attempt.requested, authorized: authorized.clone() })
            }
            unchanged => unchanged,
        },
        PaymentEvent::Declined(declined) => match state {
            PaymentState::Attempted(attempt) => {
                PaymentState::Declined { requested: attempt.requested, declined: declined.clone() }
            }
            unchanged => unchanged,
        },
        PaymentEvent::Captured(captured) => match state {
            PaymentState::Authorized(authorization) => {
                PaymentState::Captured(Capture { authorization, captured: captured.captured, refunded: Decimal::ZERO })
            }
            unchanged => unchanged,
        },
        PaymentEvent::Voided(_) => match state {
            PaymentState::Authorized(authorization) => PaymentState::Voided(authorization),
            unchanged => unchanged,
        },
        PaymentEvent::Refunded(refunded) => match state {
            PaymentState::Captured(capture) => {
                PaymentState::Captured(Capture { refunded: refunded.refunded, ..capture })
            }
            unchanged => unchanged,
        },
        PaymentEvent::OutcomeUnknown(_) => match state {
            PaymentState::Attempted(attempt) => PaymentState::OutcomeUnknown(attempt),
            unchanged => unchanged,
        },
        // The answer that was found follows in the same decision.
        PaymentEvent::Reconciled(_) => match state {
            PaymentState::OutcomeUnknown(attempt) => PaymentState::Attempted(attempt),
            unchanged => unchanged,
        },
    }
}
