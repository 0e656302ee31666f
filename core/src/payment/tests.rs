mod properties;

use orderflow_engine::{Decider, testing::given};
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use super::*;
use crate::{
    Currency, PaymentId,
    testing::{currency, order},
};

fn requested() -> Requested {
    Requested { order: order(1), amount: dec!(12.50), currency: Currency::GBP, token: "tok_approve".to_owned() }
}

fn request(amount: Decimal, code: &str) -> PaymentCommand {
    PaymentCommand::Request { order: order(1), amount, currency: currency(code), token: "tok_approve".to_owned() }
}

/// Requested, and the provider called.
fn open() -> Vec<PaymentEvent> {
    vec![PaymentEvent::Requested(requested()), PaymentEvent::Attempted(Attempted { attempt: 1 })]
}

fn open_then<const N: usize>(events: [PaymentEvent; N]) -> Vec<PaymentEvent> {
    open().into_iter().chain(events).collect()
}

fn authorized() -> PaymentEvent {
    PaymentEvent::Authorized(Authorized { attempt: 1, amount: dec!(12.50), reference: "auth-1".to_owned() })
}

fn authorize(attempt: u32, reference: &str) -> PaymentCommand {
    PaymentCommand::RecordAuthorized { attempt, reference: reference.to_owned() }
}

fn declined() -> PaymentEvent {
    PaymentEvent::Declined(Declined { attempt: 1, reason: "no funds".to_owned() })
}

fn decline(attempt: u32) -> PaymentCommand {
    PaymentCommand::RecordDeclined { attempt, reason: "no funds".to_owned() }
}

fn unknown() -> PaymentEvent {
    PaymentEvent::OutcomeUnknown(OutcomeUnknown { attempt: 1, reason: "timeout".to_owned() })
}

fn lose(attempt: u32) -> PaymentCommand {
    PaymentCommand::RecordUnknown { attempt, reason: "timeout".to_owned() }
}

fn reconciled() -> PaymentEvent {
    PaymentEvent::Reconciled(Reconciled { attempt: 1 })
}

fn captured() -> PaymentEvent {
    PaymentEvent::Captured(Captured { amount: dec!(12.50), captured: dec!(12.50) })
}

fn voided() -> PaymentEvent {
    PaymentEvent::Voided(Voided {})
}

fn refunded(amount: Decimal, in_all: Decimal) -> PaymentEvent {
    PaymentEvent::Refunded(Refunded { amount, refunded: in_all })
}

fn refund(amount: Decimal) -> PaymentCommand {
    PaymentCommand::RecordRefunded { amount }
}

fn no_funds() -> PaymentRejection {
    PaymentRejection::Declined { reason: "no funds".to_owned() }
}

fn known_as(reference: &str) -> PaymentRejection {
    PaymentRejection::AlreadyAuthorized { reference: reference.to_owned() }
}

const NOT_REFUNDABLE: [(Decimal, &str); 4] =
    [(dec!(0), "nothing"), (dec!(-1), "negative"), (dec!(0.001), "too fine"), (Decimal::MAX, "too large to count")];

#[test]
fn a_payment_is_requested_with_its_first_attempt() {
    given::<Payment>([]).when(request(dec!(12.50), "GBP")).then(open());
    given::<Payment>(open_then([declined()])).when(request(dec!(12.50), "GBP")).then_nothing();
    given::<Payment>(open()).when(request(dec!(12.51), "GBP")).then_rejected(PaymentRejection::AlreadyRequested);
    given::<Payment>(open()).when(request(dec!(12.50), "EUR")).then_rejected(PaymentRejection::AlreadyRequested);
}

#[test]
fn an_amount_is_not_negative_and_no_finer_than_its_minor_unit() {
    let invalid = |amount| PaymentRejection::InvalidAmount { amount };
    given::<Payment>([]).when(request(dec!(-0.01), "GBP")).then_rejected(invalid(dec!(-0.01)));
    given::<Payment>([]).when(request(dec!(0.001), "GBP")).then_rejected(invalid(dec!(0.001)));
    given::<Payment>([]).when(request(dec!(0.5), "JPY")).then_rejected(invalid(dec!(0.5)));
    given::<Payment>([]).when(request(Decimal::MAX, "GBP")).then_rejected(invalid(Decimal::MAX));
    let free = given::<Payment>([]).when(request(dec!(0), "GBP"));
    let events = [
        PaymentEvent::Requested(Requested { amount: dec!(0), ..requested() }),
        PaymentEvent::Attempted(Attempted { attempt: 1 }),
    ];
    free.then(events);
}

#[test]
fn the_provider_authorizes() {
    given::<Payment>([]).when(authorize(1, "auth-1")).then_rejected(PaymentRejection::Missing);
    given::<Payment>(open()).when(authorize(1, "auth-1")).then([authorized()]);
    given::<Payment>(open())
        .when(authorize(2, "auth-1"))
        .then_rejected(PaymentRejection::NoSuchAttempt { attempt: 2, latest: 1 });
    given::<Payment>(open_then([authorized(), captured()])).when(authorize(1, "auth-1")).then_nothing();
    given::<Payment>(open_then([authorized()])).when(authorize(1, "auth-2")).then_rejected(known_as("auth-1"));
    given::<Payment>(open_then([declined()])).when(authorize(1, "auth-1")).then_rejected(no_funds());
}

#[test]
fn the_provider_declines() {
    given::<Payment>([]).when(decline(1)).then_rejected(PaymentRejection::Missing);
    given::<Payment>(open()).when(decline(1)).then([declined()]);
    given::<Payment>(open()).when(decline(3)).then_rejected(PaymentRejection::NoSuchAttempt { attempt: 3, latest: 1 });
    given::<Payment>(open_then([authorized()])).when(decline(1)).then_rejected(known_as("auth-1"));
}

#[test]
fn an_unknown_outcome_is_reconciled_when_the_answer_is_found() {
    given::<Payment>([]).when(lose(1)).then_rejected(PaymentRejection::Missing);
    given::<Payment>(open()).when(lose(1)).then([unknown()]);
    given::<Payment>(open_then([unknown()])).when(authorize(1, "auth-1")).then([reconciled(), authorized()]);
    given::<Payment>(open_then([unknown()])).when(decline(1)).then([reconciled(), declined()]);
}

#[test]
fn a_known_outcome_does_not_become_unknown() {
    for answer in [authorized(), declined()] {
        given::<Payment>(open_then([answer])).when(lose(1)).then_nothing();
    }
}

#[test]
fn all_that_was_authorized_is_captured() {
    let capture = || PaymentCommand::RecordCaptured;
    given::<Payment>([]).when(capture()).then_rejected(PaymentRejection::Missing);
    given::<Payment>(open()).when(capture()).then_rejected(PaymentRejection::AttemptInFlight { attempt: 1 });
    given::<Payment>(open_then([unknown()]))
        .when(capture())
        .then_rejected(PaymentRejection::OutcomeUnknown { attempt: 1 });
    given::<Payment>(open_then([declined()])).when(capture()).then_rejected(no_funds());
    given::<Payment>(open_then([authorized()])).when(capture()).then([captured()]);
    given::<Payment>(open_then([authorized(), voided()])).when(capture()).then_rejected(PaymentRejection::Voided);
}

#[test]
fn an_authorization_is_voided_unless_it_is_captured() {
    let void = || PaymentCommand::RecordVoided;
    given::<Payment>([]).when(void()).then_nothing();
    given::<Payment>(open()).when(void()).then_rejected(PaymentRejection::AttemptInFlight { attempt: 1 });
    given::<Payment>(open_then([unknown()]))
        .when(void())
        .then_rejected(PaymentRejection::OutcomeUnknown { attempt: 1 });
    given::<Payment>(open_then([declined()])).when(void()).then_nothing();
    given::<Payment>(open_then([authorized()])).when(void()).then([voided()]);
    given::<Payment>(open_then([authorized(), captured()]))
        .when(void())
        .then_rejected(PaymentRejection::AlreadyCaptured);
}

#[test]
fn what_was_captured_is_refunded_in_parts() {
    let paid = || open_then([authorized(), captured()]);
    given::<Payment>(paid()).when(refund(dec!(2.50))).then_once([refunded(dec!(2.50), dec!(2.50))]);
    given::<Payment>(paid()).when(refund(dec!(12.50))).then_once([refunded(dec!(12.50), dec!(12.50))]);
    let partly = || open_then([authorized(), captured(), refunded(dec!(2.50), dec!(2.50))]);
    given::<Payment>(partly()).when(refund(dec!(10))).then_once([refunded(dec!(10), dec!(12.50))]);
    given::<Payment>(partly())
        .when(refund(dec!(10.01)))
        .then_rejected(PaymentRejection::ExceedsCaptured { refundable: dec!(10) });
    for (amount, why) in NOT_REFUNDABLE {
        let verdict = Payment::decide(&Payment::fold(&paid()), &refund(amount));
        assert_eq!(verdict, Err(PaymentRejection::InvalidAmount { amount }), "{why}");
    }
}

#[test]
fn only_what_was_captured_is_refunded() {
    let refused = |events: Vec<PaymentEvent>, rejection| {
        given::<Payment>(events).when(refund(dec!(1))).then_rejected(rejection);
    };
    refused(vec![], PaymentRejection::Missing);
    refused(open(), PaymentRejection::AttemptInFlight { attempt: 1 });
    refused(open_then([unknown()]), PaymentRejection::OutcomeUnknown { attempt: 1 });
    refused(open_then([declined()]), no_funds());
    refused(open_then([authorized()]), PaymentRejection::NotCaptured);
    refused(open_then([authorized(), voided()]), PaymentRejection::Voided);
}

#[test]
fn a_payment_says_what_its_executor_needs() {
    let waiting = Payment::fold(&open_then([unknown()]));
    assert_eq!((waiting.attempt_in_flight(), waiting.is_outcome_unknown()), (Some(1), true));
    assert_eq!((waiting.order(), waiting.amount()), (Some(order(1)), Some(dec!(12.50))));
    assert_eq!((waiting.currency(), waiting.token()), (Some(Currency::GBP), Some("tok_approve")));
    assert_eq!(waiting.reference(), None);

    let done = Payment::fold(&open_then([authorized(), captured(), refunded(dec!(1), dec!(1))]));
    assert_eq!((done.attempt_in_flight(), done.reference()), (None, Some("auth-1")));
    assert_eq!((done.authorized(), done.captured(), done.refunded()), (dec!(12.50), dec!(12.50), dec!(1)));
    assert_eq!(Payment::fold(&open_then([declined()])).declined(), Some("no funds"));
}

#[test]
fn the_providers_key_names_payment_and_attempt() {
    let payment = PaymentId(Uuid::from_u128(7));
    assert_eq!(idempotency_key(payment, 1), "00000000-0000-0000-0000-000000000007-1");
    assert_ne!(idempotency_key(payment, 1), idempotency_key(payment, 2));
}
