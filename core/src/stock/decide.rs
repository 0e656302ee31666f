mod adjust;
mod expire;
mod receive;
mod release;
mod reserve;
mod ship;

use orderflow_engine::{Category, Decider, SnapshotPolicy};

use super::{
    CATEGORY, command::StockCommand, event::StockEvent, evolve::evolve, rejection::StockRejection, state::StockState,
};

/// One SKU on the shelf: on hand ≥ reserved ≥ 0, so it is never oversold. An order has one reservation of it.
#[derive(Debug, Clone, Copy)]
pub struct Stock;

type Decision = Result<Vec<StockEvent>, StockRejection>;

impl Decider for Stock {
    const CATEGORY: Category = CATEGORY;
    const SNAPSHOT: Option<SnapshotPolicy> = Some(SnapshotPolicy { schema: 1, every: 500 });
    type Command = StockCommand;
    type Event = StockEvent;
    type State = StockState;
    type Rejection = StockRejection;

    fn initial() -> StockState {
        StockState::default()
    }

    fn evolve(state: StockState, event: &StockEvent) -> StockState {
        evolve(state, event)
    }

    fn decide(state: &StockState, command: &StockCommand) -> Decision {
        match command {
            StockCommand::Receive { quantity } => receive::decide(state, *quantity),
            StockCommand::Adjust { delta, reason } => adjust::decide(state, *delta, reason),
            StockCommand::Reserve { order, quantity, until, now } => {
                reserve::decide(state, *order, *quantity, *until, *now)
            }
            StockCommand::Release { order } => release::decide(state, *order),
            StockCommand::Expire { order } => expire::decide(state, *order),
            StockCommand::Ship { order, shipment, quantity } => ship::decide(state, *order, *shipment, *quantity),
        }
    }
}
