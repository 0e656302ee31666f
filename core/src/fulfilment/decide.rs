//! What the process makes of what it learns.

use orderflow_engine::{Input, Recorded, TimeDelta, Timestamp};

use super::{
    RESERVED_FOR,
    action::Outcome,
    event::*,
    news::{News, news},
    state::{FulfilmentState, Step},
};
use crate::{
    AnyEvent,
    order::{CancelReason, Line},
    shipment::ShipmentLine,
};

/// The longest pause between two questions to a provider that does not answer.
const LONGEST_PAUSE: TimeDelta = TimeDelta::seconds(60);

pub(super) fn decide(state: &FulfilmentState, input: &Input<AnyEvent, Outcome>) -> Vec<FulfilmentEvent> {
    match input {
        Input::Event(event) => heard(state, event),
        Input::Outcomes { time, outcomes } => came_of(state, outcomes, *time),
        Input::Deadline { time } => match state {
            FulfilmentState::Active { step: Step::AwaitingProvider { asked, ask_at }, .. } if ask_at <= time => {
                // Asked again from here on, until the provider answers or the time is over.
                vec![FulfilmentEvent::ProviderAsked(ProviderAsked { asked: asked + 1 })]
            }
            FulfilmentState::Active { .. } | FulfilmentState::Idle | FulfilmentState::Ended(_) => vec![],
        },
        Input::Retry { .. } => match state {
            FulfilmentState::Active { step: Step::Parked { .. }, .. } => vec![FulfilmentEvent::Retried(Retried {})],
            FulfilmentState::Active { .. } | FulfilmentState::Idle | FulfilmentState::Ended(_) => vec![],
        },
    }
}

/// An input that was taken before, or comes out of turn, finds another step and gives nothing.
fn heard(state: &FulfilmentState, event: &Recorded<AnyEvent>) -> Vec<FulfilmentEvent> {
    let Some((order, news)) = news(event) else { return vec![] };
    match (state, news) {
        (FulfilmentState::Idle, News::Placed(placed)) => vec![FulfilmentEvent::Started(Started {
            order,
            lines: placed.lines.iter().map(to_ship).collect(),
            total: placed.total,
            currency: placed.currency,
            payment_token: placed.payment_token.clone(),
            expires_at: event.time + RESERVED_FOR,
        })],
        (FulfilmentState::Active { step, .. }, News::Cancelled(cancelled)) if !step.gives_up() => {
            abandon(cancelled.reason.clone())
        }
        (FulfilmentState::Active { step: Step::Suspended, .. }, News::Released) => {
            vec![FulfilmentEvent::Resumed(Resumed {})]
        }
        (FulfilmentState::Active { step: Step::AwaitingDispatch { shipment }, .. }, News::Left(left))
            if *shipment == left =>
        {
            vec![FulfilmentEvent::ShipmentLeft(ShipmentLeft { shipment: left })]
        }
        (FulfilmentState::Active { step: Step::AwaitingDelivery { shipment }, .. }, News::Arrived(arrived))
            if *shipment == arrived =>
        {
            vec![FulfilmentEvent::ShipmentArrived(ShipmentArrived { shipment: arrived })]
        }
        (FulfilmentState::Active { job, step: Step::Parked { .. }, noted }, News::Left(shipment))
            if job.shipment() == shipment =>
        {
            note(*noted, Whereabouts::Left)
        }
        (FulfilmentState::Active { job, step: Step::Parked { .. }, noted }, News::Arrived(shipment))
            if job.shipment() == shipment =>
        {
            note(*noted, Whereabouts::Arrived)
        }
        (
            FulfilmentState::Idle | FulfilmentState::Active { .. } | FulfilmentState::Ended(_),
            News::Placed(_) | News::Released | News::Cancelled(_) | News::Left(_) | News::Arrived(_),
        ) => vec![],
    }
}

fn note(noted: Option<Whereabouts>, whereabouts: Whereabouts) -> Vec<FulfilmentEvent> {
    if noted >= Some(whereabouts) {
        return vec![];
    }
    vec![FulfilmentEvent::ShipmentNoted(ShipmentNoted { whereabouts })]
}

fn to_ship(line: &Line) -> ShipmentLine {
    ShipmentLine { line: line.line, sku: line.sku.clone(), quantity: line.quantity }
}

fn came_of(state: &FulfilmentState, outcomes: &[Outcome], time: Timestamp) -> Vec<FulfilmentEvent> {
    let FulfilmentState::Active { job, step, .. } = state else { return vec![] };
    if let Some(Outcome::Refused { what }) = outcomes.iter().find(|outcome| matches!(outcome, Outcome::Refused { .. }))
    {
        return park(what);
    }
    if outcomes.contains(&Outcome::OrderCancelled) && !step.gives_up() {
        return abandon(CancelReason::Requested { note: None });
    }
    let unknown = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Unknown { reason } => Some(reason),
        Outcome::Done
        | Outcome::Short(_)
        | Outcome::TooLate
        | Outcome::OnHold
        | Outcome::OrderCancelled
        | Outcome::Declined { .. }
        | Outcome::Refused { .. } => None,
    });
    match step {
        Step::Reserving => {
            let short: Vec<_> = outcomes.iter().filter_map(shortage).collect();
            if !short.is_empty() {
                vec![FulfilmentEvent::StockShort(StockShort { short })]
            } else if outcomes.contains(&Outcome::TooLate) {
                abandon(CancelReason::Expired)
            } else {
                vec![FulfilmentEvent::StockReserved(StockReserved {})]
            }
        }
        Step::Paying => paid(outcomes, unknown, 1, job.expires_at, time),
        Step::AskingProvider { asked } => paid(outcomes, unknown, *asked, job.expires_at, time),
        Step::Confirming if outcomes.contains(&Outcome::OnHold) => vec![FulfilmentEvent::Suspended(Suspended {})],
        Step::Confirming => vec![FulfilmentEvent::OrderConfirmed(OrderConfirmed {})],
        Step::RequestingShipment => {
            vec![FulfilmentEvent::ShipmentRequested(ShipmentRequested { shipment: job.shipment() })]
        }
        Step::IssuingGoods { shipment } => match unknown {
            Some(reason) => park(&format!("the payment may not be captured: {reason}")),
            None => vec![FulfilmentEvent::GoodsIssued(GoodsIssued { shipment: *shipment })],
        },
        Step::RecordingDispatch { shipment } => {
            vec![FulfilmentEvent::DispatchRecorded(DispatchRecorded { shipment: *shipment })]
        }
        Step::Completing { .. } => vec![FulfilmentEvent::Ended(Ended { end: End::Completed })],
        Step::Withdrawing { .. } => vec![FulfilmentEvent::ShipmentWithdrawn(ShipmentWithdrawn {})],
        Step::Compensating { .. } => match unknown {
            Some(reason) => park(&format!("the payment may not be voided: {reason}")),
            None => vec![FulfilmentEvent::Compensated(Compensated {})],
        },
        Step::Cancelling { .. } => vec![FulfilmentEvent::Ended(Ended { end: End::Cancelled })],
        Step::AwaitingProvider { .. }
        | Step::Suspended
        | Step::AwaitingDispatch { .. }
        | Step::AwaitingDelivery { .. }
        | Step::Parked { .. } => vec![],
    }
}

/// What the provider said, or that it said nothing.
fn paid(
    outcomes: &[Outcome], unknown: Option<&String>, asked: u32, expires_at: Timestamp, time: Timestamp,
) -> Vec<FulfilmentEvent> {
    let declined = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Declined { reason } => Some(reason.clone()),
        Outcome::Done
        | Outcome::Short(_)
        | Outcome::TooLate
        | Outcome::OnHold
        | Outcome::OrderCancelled
        | Outcome::Unknown { .. }
        | Outcome::Refused { .. } => None,
    });
    match (declined, unknown) {
        (Some(reason), _) => vec![FulfilmentEvent::PaymentDeclined(PaymentDeclined { reason })],
        (None, None) => vec![FulfilmentEvent::PaymentAuthorized(PaymentAuthorized {})],
        (None, Some(_)) if time >= expires_at => abandon(CancelReason::Expired),
        (None, Some(_)) => {
            let pause = TimeDelta::seconds(1 << asked.saturating_sub(1).min(6)).min(LONGEST_PAUSE);
            let ask_at = (time + pause).min(expires_at);
            vec![FulfilmentEvent::PaymentUnknown(PaymentUnknown { asked, ask_at })]
        }
    }
}

fn shortage(outcome: &Outcome) -> Option<crate::order::Shortage> {
    match outcome {
        Outcome::Short(shortage) => Some(shortage.clone()),
        Outcome::Done
        | Outcome::TooLate
        | Outcome::OnHold
        | Outcome::OrderCancelled
        | Outcome::Declined { .. }
        | Outcome::Unknown { .. }
        | Outcome::Refused { .. } => None,
    }
}

fn abandon(reason: CancelReason) -> Vec<FulfilmentEvent> {
    vec![FulfilmentEvent::Abandoned(Abandoned { reason })]
}

fn park(reason: &str) -> Vec<FulfilmentEvent> {
    vec![FulfilmentEvent::Parked(Parked { reason: reason.to_owned() })]
}

impl Step {
    /// Whether the order is already given up, or its goods are gone: hearing that it was cancelled changes nothing.
    fn gives_up(&self) -> bool {
        match self {
            Self::Withdrawing { .. } | Self::Compensating { .. } | Self::Cancelling { .. } => true,
            Self::Parked { at, .. } => at.gives_up(),
            Self::Reserving
            | Self::Paying
            | Self::AwaitingProvider { .. }
            | Self::AskingProvider { .. }
            | Self::Confirming
            | Self::Suspended
            | Self::RequestingShipment
            | Self::AwaitingDispatch { .. }
            | Self::IssuingGoods { .. }
            | Self::RecordingDispatch { .. }
            | Self::AwaitingDelivery { .. }
            | Self::Completing { .. } => false,
        }
    }
}
