use super::{Decision, answered, same_attempt};
use crate::payment::{Declined, PaymentEvent, PaymentRejection, PaymentState, state::Authorization};

pub(super) fn decide(state: &PaymentState, attempt: u32, reason: &str) -> Decision {
    match state {
        PaymentState::Unrequested | PaymentState::Requested(_) => Err(PaymentRejection::Missing),
        PaymentState::Attempted(open) | PaymentState::OutcomeUnknown(open) => {
            same_attempt(open.attempt, attempt)?;
            let declined = Declined { attempt, reason: reason.to_owned() };
            Ok(answered(state, attempt, PaymentEvent::Declined(declined)))
        }
        PaymentState::Declined { declined, .. } => {
            same_attempt(declined.attempt, attempt)?;
            Ok(vec![])
        }
        PaymentState::Authorized(known) | PaymentState::Voided(known) => contradicts(known),
        PaymentState::Captured(capture) => contradicts(&capture.authorization),
    }
}

fn contradicts(known: &Authorization) -> Decision {
    Err(PaymentRejection::AlreadyAuthorized { reference: known.authorized.reference.clone() })
}
