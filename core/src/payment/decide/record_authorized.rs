use super::{Decision, answered, same_attempt};
use crate::payment::{Authorized, PaymentEvent, PaymentRejection, PaymentState, state::Authorization};

pub(super) fn decide(state: &PaymentState, attempt: u32, reference: &str) -> Decision {
    match state {
        PaymentState::Unrequested | PaymentState::Requested(_) => Err(PaymentRejection::Missing),
        PaymentState::Attempted(open) | PaymentState::OutcomeUnknown(open) => {
            same_attempt(open.attempt, attempt)?;
            let amount = open.requested.amount;
            let authorized = Authorized { attempt, amount, reference: reference.to_owned() };
            Ok(answered(state, attempt, PaymentEvent::Authorized(authorized)))
        }
        PaymentState::Declined { declined, .. } => Err(PaymentRejection::Declined { reason: declined.reason.clone() }),
        PaymentState::Authorized(known) | PaymentState::Voided(known) => same(known, attempt, reference),
        PaymentState::Captured(capture) => same(&capture.authorization, attempt, reference),
    }
}

fn same(known: &Authorization, attempt: u32, reference: &str) -> Decision {
    same_attempt(known.authorized.attempt, attempt)?;
    if known.authorized.reference == reference {
        Ok(vec![])
    } else {
        Err(PaymentRejection::AlreadyAuthorized { reference: known.authorized.reference.clone() })
    }
}
