use super::Decision;
use crate::payment::{Captured, PaymentEvent, PaymentRejection, PaymentState};

/// All that was authorized is captured at once.
pub(super) fn decide(state: &PaymentState) -> Decision {
    match state {
        PaymentState::Unrequested | PaymentState::Requested(_) => Err(PaymentRejection::Missing),
        PaymentState::Attempted(open) => Err(PaymentRejection::AttemptInFlight { attempt: open.attempt }),
        PaymentState::OutcomeUnknown(open) => Err(PaymentRejection::OutcomeUnknown { attempt: open.attempt }),
        PaymentState::Declined { declined, .. } => Err(PaymentRejection::Declined { reason: declined.reason.clone() }),
        PaymentState::Authorized(known) => {
            let amount = known.authorized.amount;
            Ok(vec![PaymentEvent::Captured(Captured { amount, captured: amount })])
        }
        PaymentState::Voided(_) => Err(PaymentRejection::Voided),
        PaymentState::Captured(_) => Ok(vec![]),
    }
}
