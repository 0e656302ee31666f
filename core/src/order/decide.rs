mod add_line;
mod cancel;
mod change_line;
mod confirm;
mod confirm_payment;
mod confirm_stock;
mod draft;
mod edit_lines;
mod fail_payment;
mod hold;
mod lines;
mod place;
mod place_draft;
mod record_delivery;
mod record_dispatch;
mod reject_stock;
mod release;
mod remove_line;

use orderflow_engine::{Category, Decider};

use super::{
    CATEGORY, command::OrderCommand, event::OrderEvent, evolve::evolve, rejection::OrderRejection, state::OrderState,
};

/// An order, from its draft to its end: completed or cancelled.
#[derive(Debug, Clone, Copy)]
pub struct Order;

type Decision = Result<Vec<OrderEvent>, OrderRejection>;

impl Decider for Order {
    const CATEGORY: Category = CATEGORY;
    type Command = OrderCommand;
    type Event = OrderEvent;
    type State = OrderState;
    type Rejection = OrderRejection;

    fn initial() -> OrderState {
        OrderState::default()
    }

    fn evolve(state: OrderState, event: &OrderEvent) -> OrderState {
        evolve(state, event)
    }

    fn decide(state: &OrderState, command: &OrderCommand) -> Decision {
        match command {
            OrderCommand::Draft { particulars, lines } => draft::decide(state, particulars, lines),
            OrderCommand::AddLine { line } => add_line::decide(state, line),
            OrderCommand::ChangeLine { line, quantity } => change_line::decide(state, *line, *quantity),
            OrderCommand::RemoveLine { line } => remove_line::decide(state, *line),
            OrderCommand::EditLines { edits } => edit_lines::decide(state, edits),
            OrderCommand::Place { particulars, lines, placed_at } => {
                place::decide(state, particulars, lines, *placed_at)
            }
            OrderCommand::PlaceDraft { placed_at } => place_draft::decide(state, *placed_at),
            OrderCommand::ConfirmStock => confirm_stock::decide(state),
            OrderCommand::RejectStock { short } => reject_stock::decide(state, short),
            OrderCommand::ConfirmPayment => confirm_payment::decide(state),
            OrderCommand::FailPayment { reason } => fail_payment::decide(state, reason),
            OrderCommand::Confirm => confirm::decide(state),
            OrderCommand::Hold { reason } => hold::decide(state, reason),
            OrderCommand::Release => release::decide(state),
            OrderCommand::RecordDispatch { shipment, lines } => record_dispatch::decide(state, *shipment, lines),
            OrderCommand::RecordDelivery { shipment } => record_delivery::decide(state, *shipment),
            OrderCommand::Cancel { reason } => cancel::decide(state, reason),
        }
    }
}
