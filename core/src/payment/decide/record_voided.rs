use super::Decision;
use crate::payment::{PaymentEvent, PaymentRejection, PaymentState, Voided};

pub(super) fn decide(state: &PaymentState) -> Decision {
    match state {
        // Nothing is authorized, and nothing may be.
        PaymentState::Unrequested | PaymentState::Requested(_) | PaymentState::Declined { .. } => Ok(vec![]),
        PaymentState::Attempted(open) => Err(PaymentRejection::AttemptInFlight { attempt: open.attempt }),
        PaymentState::OutcomeUnknown(open) => Err(PaymentRejection::OutcomeUnknown { attempt: open.attempt }),
        PaymentState::Authorized(_) => Ok(vec![PaymentEvent::Voided(Voided {})]),
        PaymentState::Voided(_) => Ok(vec![]),
        PaymentState::Captured(_) => Err(PaymentRejection::AlreadyCaptured),
    }
}
