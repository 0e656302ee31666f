mod change_price;
mod describe;
mod discontinue;
mod list;
mod relist;

use orderflow_engine::{Category, Decider};

use super::{
    CATEGORY, command::ProductCommand, event::ProductEvent, evolve::evolve, rejection::ProductRejection,
    state::ProductState,
};

/// One product per SKU; a discontinued product cannot be ordered.
#[derive(Debug, Clone, Copy)]
pub struct Product;

type Decision = Result<Vec<ProductEvent>, ProductRejection>;

impl Decider for Product {
    const CATEGORY: Category = CATEGORY;
    type Command = ProductCommand;
    type Event = ProductEvent;
    type State = ProductState;
    type Rejection = ProductRejection;

    fn initial() -> ProductState {
        ProductState::default()
    }

    fn evolve(state: ProductState, event: &ProductEvent) -> ProductState {
        evolve(state, event)
    }

    fn decide(state: &ProductState, command: &ProductCommand) -> Decision {
        match command {
            ProductCommand::List { sku, description, price, currency } => {
                list::decide(state, sku, description, *price, *currency)
            }
            ProductCommand::Describe { description } => describe::decide(state, description),
            ProductCommand::ChangePrice { price, currency } => change_price::decide(state, *price, *currency),
            ProductCommand::Discontinue => discontinue::decide(state),
            ProductCommand::Relist => relist::decide(state),
        }
    }
}
