use rust_decimal::Decimal;

use super::Decision;
use crate::payment::{PaymentEvent, PaymentRejection, PaymentState, Refunded};

pub(super) fn decide(state: &PaymentState, amount: Decimal) -> Decision {
    match state {
        PaymentState::Unrequested | PaymentState::Requested(_) => Err(PaymentRejection::Missing),
        PaymentState::Attempted(open) => Err(PaymentRejection::AttemptInFlight { attempt: open.attempt }),
        PaymentState::OutcomeUnknown(open) => Err(PaymentRejection::OutcomeUnknown { attempt: open.attempt }),
        PaymentState::Declined { declined, .. } => Err(PaymentRejection::Declined { reason: declined.reason.clone() }),
        PaymentState::Authorized(_) => Err(PaymentRejection::NotCaptured),
        PaymentState::Voided(_) => Err(PaymentRejection::Voided),
        PaymentState::Captured(capture) => {
            let refundable = capture.captured - capture.refunded;
            let currency = capture.authorization.requested.currency;
            if amount <= Decimal::ZERO || currency.to_minor(amount).is_none() {
                Err(PaymentRejection::InvalidAmount { amount })
            } else if amount > refundable {
                Err(PaymentRejection::ExceedsCaptured { refundable })
            } else {
                let refunded = capture.refunded + amount;
                Ok(vec![PaymentEvent::Refunded(Refunded { amount, refunded })])
            }
        }
    }
}
