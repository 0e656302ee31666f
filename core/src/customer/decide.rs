mod activate;
mod deactivate;
mod register;

use orderflow_engine::{Category, Decider};

use super::{
    CATEGORY, command::CustomerCommand, event::CustomerEvent, evolve::evolve, rejection::CustomerRejection,
    state::CustomerState,
};

/// A customer that is not active places no orders.
#[derive(Debug, Clone, Copy)]
pub struct Customer;

type Decision = Result<Vec<CustomerEvent>, CustomerRejection>;

impl Decider for Customer {
    const CATEGORY: Category = CATEGORY;
    type Command = CustomerCommand;
    type Event = CustomerEvent;
    type State = CustomerState;
    type Rejection = CustomerRejection;

    fn initial() -> CustomerState {
        CustomerState::default()
    }

    fn evolve(state: CustomerState, event: &CustomerEvent) -> CustomerState {
        evolve(state, event)
    }

    fn decide(state: &CustomerState, command: &CustomerCommand) -> Decision {
        match command {
            CustomerCommand::Register { reference, country } => {
                register::decide(state, reference.as_deref(), country.as_ref())
            }
            CustomerCommand::Activate => activate::decide(state),
            CustomerCommand::Deactivate => deactivate::decide(state),
        }
    }
}
