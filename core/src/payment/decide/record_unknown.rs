use super::{Decision, same_attempt};
use crate::payment::{OutcomeUnknown, PaymentEvent, PaymentRejection, PaymentState};

/// Of two callers of the provider one may have heard its answer: what is known is not forgotten.
pub(super) fn decide(state: &PaymentState, attempt: u32, reason: &str) -> Decision {
    let (latest, events) = match state {
        PaymentState::Unrequested | PaymentState::Requested(_) => return Err(PaymentRejection::Missing),
        PaymentState::Attempted(open) => {
            let unknown = OutcomeUnknown { attempt, reason: reason.to_owned() };
            (open.attempt, vec![PaymentEvent::OutcomeUnknown(unknown)])
        }
        PaymentState::OutcomeUnknown(open) => (open.attempt, vec![]),
        PaymentState::Declined { declined, .. } => (declined.attempt, vec![]),
        PaymentState::Authorized(known) | PaymentState::Voided(known) => (known.authorized.attempt, vec![]),
        PaymentState::Captured(capture) => (capture.authorization.authorized.attempt, vec![]),
    };
    same_attempt(latest, attempt)?;
    Ok(events)
}
