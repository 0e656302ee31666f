use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::testing::{Again, Step, any_amount, any_currency, any_order, any_text, live, survives};

fn any_attempt() -> impl Strategy<Value = u32> {
    prop_oneof![8 => Just(1), 1 => 0..4_u32]
}

fn any_command() -> impl Strategy<Value = PaymentCommand> {
    prop_oneof![
        4 => (any_order(), any_amount(), any_currency(), any_text()).prop_map(|(order, amount, currency, token)| {
            PaymentCommand::Request { order, amount, currency, token }
        }),
        3 => (any_attempt(), any_text())
            .prop_map(|(attempt, reference)| PaymentCommand::RecordAuthorized { attempt, reference }),
        1 => (any_attempt(), any_text())
            .prop_map(|(attempt, reason)| PaymentCommand::RecordDeclined { attempt, reason }),
        2 => (any_attempt(), any_text())
            .prop_map(|(attempt, reason)| PaymentCommand::RecordUnknown { attempt, reason }),
        3 => Just(PaymentCommand::RecordCaptured),
        1 => Just(PaymentCommand::RecordVoided),
        5 => any_amount().prop_map(refund),
    ]
}

fn any_event() -> impl Strategy<Value = PaymentEvent> {
    prop_oneof![
        (any_order(), any_amount(), any_currency(), any_text()).prop_map(|(order, amount, currency, token)| {
            PaymentEvent::Requested(Requested { order, amount, currency, token })
        }),
        any_attempt().prop_map(|attempt| PaymentEvent::Attempted(Attempted { attempt })),
        (any_attempt(), any_amount(), any_text()).prop_map(|(attempt, amount, reference)| {
            PaymentEvent::Authorized(Authorized { attempt, amount, reference })
        }),
        (any_attempt(), any_text()).prop_map(|(attempt, reason)| PaymentEvent::Declined(Declined { attempt, reason })),
        (any_amount(), any_amount())
            .prop_map(|(amount, captured)| PaymentEvent::Captured(Captured { amount, captured })),
        Just(voided()),
        (any_amount(), any_amount()).prop_map(|(amount, in_all)| refunded(amount, in_all)),
        (any_attempt(), any_text())
            .prop_map(|(attempt, reason)| PaymentEvent::OutcomeUnknown(OutcomeUnknown { attempt, reason })),
        any_attempt().prop_map(|attempt| PaymentEvent::Reconciled(Reconciled { attempt })),
    ]
}

fn again(command: &PaymentCommand) -> Again {
    match command {
        PaymentCommand::RecordRefunded { .. } => Again::Counts,
        PaymentCommand::Request { .. }
        | PaymentCommand::RecordAuthorized { .. }
        | PaymentCommand::RecordDeclined { .. }
        | PaymentCommand::RecordUnknown { .. }
        | PaymentCommand::RecordCaptured
        | PaymentCommand::RecordVoided => Again::Satisfied,
    }
}

/// The money as a bookkeeper sees it who reads nothing but the events.
#[derive(Default)]
struct Ledger {
    requested: Decimal,
    authorized: Decimal,
    captured: Decimal,
    refunded: Decimal,
    voided: bool,
    attempts: u32,
}

impl Ledger {
    fn enter(&mut self, event: &PaymentEvent) {
        match event {
            PaymentEvent::Requested(requested) => self.requested += requested.amount,
            PaymentEvent::Attempted(attempted) => {
                self.attempts += 1;
                assert_eq!(attempted.attempt, self.attempts);
            }
            PaymentEvent::Authorized(authorized) => self.authorized += authorized.amount,
            PaymentEvent::Captured(captured) => {
                self.captured += captured.amount;
                assert_eq!(captured.captured, self.captured);
            }
            PaymentEvent::Voided(_) => self.voided = true,
            PaymentEvent::Refunded(refunded) => {
                assert!(refunded.amount > Decimal::ZERO);
                self.refunded += refunded.amount;
                assert_eq!(refunded.refunded, self.refunded);
            }
            PaymentEvent::Declined(_) | PaymentEvent::OutcomeUnknown(_) | PaymentEvent::Reconciled(_) => {}
        }
        assert!(self.requested >= self.authorized, "authorized more than was asked for");
        assert!(self.authorized >= self.captured, "captured more than was authorized");
        assert!(self.captured >= self.refunded && self.refunded >= Decimal::ZERO, "refunded more than was captured");
        assert!(!self.voided || self.captured.is_zero(), "captured and voided");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1200))]

    #[test]
    fn captured_is_at_most_authorized_and_refunded_at_most_captured(
        commands in prop::collection::vec(any_command(), 1..40), cut in 0..40_usize,
    ) {
        let mut ledger = Ledger::default();
        live::<Payment>(&commands, cut, again, |Step { verdict, before, after, .. }| {
            verdict.iter().flatten().for_each(|event| ledger.enter(event));
            assert_eq!(after.authorized(), ledger.authorized);
            assert_eq!(after.captured(), ledger.captured);
            assert_eq!(after.refunded(), ledger.refunded);
            assert!(before.requested().is_none() || before.requested() == after.requested());
            assert!(!matches!(after, PaymentState::Requested(_)), "an attempt is on record with its request");
        });
    }

    #[test]
    fn payments_survive_any_events(events in prop::collection::vec(any_event(), 0..40)) {
        survives::<Payment>(&events);
    }
}
