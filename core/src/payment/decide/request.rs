use rust_decimal::Decimal;

use super::Decision;
use crate::{
    Currency, OrderId,
    payment::{Attempted, PaymentEvent, PaymentRejection, PaymentState, Requested},
};

/// The first attempt is on record with the request, so that the provider is never called before it is.
pub(super) fn decide(
    state: &PaymentState, order: OrderId, amount: Decimal, currency: Currency, token: &str,
) -> Decision {
    let wanted = Requested { order, amount, currency, token: token.to_owned() };
    match state.requested() {
        // Nothing to pay is fine: a free order has a payment, too.
        None if amount < Decimal::ZERO || currency.to_minor(amount).is_none() => {
            Err(PaymentRejection::InvalidAmount { amount })
        }
        None => Ok(vec![PaymentEvent::Requested(wanted), PaymentEvent::Attempted(Attempted { attempt: 1 })]),
        Some(requested) if *requested == wanted => Ok(vec![]),
        Some(_) => Err(PaymentRejection::AlreadyRequested),
    }
}
