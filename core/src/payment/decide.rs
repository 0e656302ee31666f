mod record_authorized;
mod record_captured;
mod record_declined;
mod record_refunded;
mod record_unknown;
mod record_voided;
mod request;

use orderflow_engine::{Category, Decider};

use super::{
    CATEGORY,
    command::PaymentCommand,
    event::{PaymentEvent, Reconciled},
    evolve::evolve,
    rejection::PaymentRejection,
    state::PaymentState,
};

/// The one payment of an order: captured ≤ authorized, refunded ≤ captured.
#[derive(Debug, Clone, Copy)]
pub struct Payment;

type Decision = Result<Vec<PaymentEvent>, PaymentRejection>;

impl Decider for Payment {
    const CATEGORY: Category = CATEGORY;
    type Command = PaymentCommand;
    type Event = PaymentEvent;
    type State = PaymentState;
    type Rejection = PaymentRejection;

    fn initial() -> PaymentState {
        PaymentState::default()
    }

    fn evolve(state: PaymentState, event: &PaymentEvent) -> PaymentState {
        evolve(state, event)
    }

    fn decide(state: &PaymentState, command: &PaymentCommand) -> Decision {
        match command {
            PaymentCommand::Request { order, amount, currency, token } => {
                request::decide(state, *order, *amount, *currency, token)
            }
            PaymentCommand::RecordAuthorized { attempt, reference } => {
                record_authorized::decide(state, *attempt, reference)
            }
            PaymentCommand::RecordDeclined { attempt, reason } => record_declined::decide(state, *attempt, reason),
            PaymentCommand::RecordUnknown { attempt, reason } => record_unknown::decide(state, *attempt, reason),
            PaymentCommand::RecordCaptured => record_captured::decide(state),
            PaymentCommand::RecordVoided => record_voided::decide(state),
            PaymentCommand::RecordRefunded { amount } => record_refunded::decide(state, *amount),
        }
    }
}

/// The answer to an attempt; one that had to be found by asking is recorded as such first.
fn answered(state: &PaymentState, attempt: u32, answer: PaymentEvent) -> Vec<PaymentEvent> {
    if state.is_outcome_unknown() {
        vec![PaymentEvent::Reconciled(Reconciled { attempt }), answer]
    } else {
        vec![answer]
    }
}

fn same_attempt(latest: u32, attempt: u32) -> Result<(), PaymentRejection> {
    if latest == attempt { Ok(()) } else { Err(PaymentRejection::NoSuchAttempt { attempt, latest }) }
}
