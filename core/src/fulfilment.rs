//! The fulfilment process: from an order placed to an order ended, whatever happens on the way.
//!
//! Placed → reserve the stock of every line → authorize the payment → confirm the order → request the shipment → (it
//! leaves) ship the stock and capture the payment → (it arrives) complete. Whatever cannot be done is undone in the
//! other direction: withdraw the shipment, release the stock, void the payment, cancel the order with the reason.

mod action;
mod decide;
mod event;
mod news;
mod plan;
mod state;
#[cfg(test)]
mod tests;

use std::convert::Infallible;

use orderflow_engine::{Category, Decider, Input, Process, Recorded, TimeDelta, Timestamp};

pub use self::{
    action::{Action, Outcome},
    event::*,
    state::{FulfilmentState, Step},
};
use crate::AnyEvent;

pub const CATEGORY: Category = Category::new("fulfilment");

/// How long stock is kept for an order that is not paid.
pub const RESERVED_FOR: TimeDelta = TimeDelta::minutes(15);

pub struct Fulfilment;

impl Decider for Fulfilment {
    const CATEGORY: Category = CATEGORY;
    type Command = Input<AnyEvent, Outcome>;
    type Event = FulfilmentEvent;
    type State = FulfilmentState;
    type Rejection = Infallible;

    fn initial() -> FulfilmentState {
        FulfilmentState::Idle
    }

    fn evolve(state: FulfilmentState, event: &FulfilmentEvent) -> FulfilmentState {
        state.evolve(event)
    }

    fn decide(state: &FulfilmentState, input: &Input<AnyEvent, Outcome>) -> Result<Vec<FulfilmentEvent>, Infallible> {
        Ok(decide::decide(state, input))
    }
}

impl Process for Fulfilment {
    const TRIGGERS: &'static [&'static str] = &[
        "order.placed.v1",
        "order.released.v1",
        "order.cancelled.v1",
        "shipment.dispatched.v1",
        "shipment.delivered.v1",
    ];
    type Trigger = AnyEvent;
    type Action = Action;
    type Outcome = Outcome;

    fn route(event: &Recorded<AnyEvent>) -> Option<String> {
        news::news(event).map(|(order, _)| order.to_string())
    }

    fn plan(state: &FulfilmentState) -> Vec<Action> {
        plan::plan(state)
    }

    /// What is done stays done, and an order that is cancelled meanwhile is undone from wherever it is. But too little
    /// stock may be enough a moment later, and what did not answer may answer.
    fn is_settled(outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Done => true,
            Outcome::Short(_)
            | Outcome::TooLate
            | Outcome::OnHold
            | Outcome::OrderCancelled
            | Outcome::Declined { .. }
            | Outcome::Unknown { .. }
            | Outcome::Refused { .. } => false,
        }
    }

    fn deadline(state: &FulfilmentState) -> Option<Timestamp> {
        match state {
            FulfilmentState::Active { step: Step::AwaitingProvider { ask_at, .. }, .. } => Some(*ask_at),
            FulfilmentState::Active { .. } | FulfilmentState::Idle | FulfilmentState::Ended(_) => None,
        }
    }
}
