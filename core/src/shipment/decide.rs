mod deliver;
mod dispatch;
mod fail_delivery;
mod pack;
mod request;
mod withdraw;

use orderflow_engine::{Category, Decider};

use super::{
    CATEGORY, command::ShipmentCommand, event::ShipmentEvent, evolve::evolve, rejection::ShipmentRejection,
    state::ShipmentState,
};

/// A parcel with pieces of one order. Whether these are pieces still to be shipped is the order's to judge.
#[derive(Debug, Clone, Copy)]
pub struct Shipment;

type Decision = Result<Vec<ShipmentEvent>, ShipmentRejection>;

impl Decider for Shipment {
    const CATEGORY: Category = CATEGORY;
    type Command = ShipmentCommand;
    type Event = ShipmentEvent;
    type State = ShipmentState;
    type Rejection = ShipmentRejection;

    fn initial() -> ShipmentState {
        ShipmentState::default()
    }

    fn evolve(state: ShipmentState, event: &ShipmentEvent) -> ShipmentState {
        evolve(state, event)
    }

    fn decide(state: &ShipmentState, command: &ShipmentCommand) -> Decision {
        match command {
            ShipmentCommand::Request { order, lines } => request::decide(state, *order, lines),
            ShipmentCommand::Pack => pack::decide(state),
            ShipmentCommand::Dispatch { carrier, tracking } => dispatch::decide(state, carrier, tracking.as_deref()),
            ShipmentCommand::Deliver => deliver::decide(state),
            ShipmentCommand::FailDelivery { reason } => fail_delivery::decide(state, reason),
            ShipmentCommand::Withdraw { order } => withdraw::decide(state, *order),
        }
    }
}
