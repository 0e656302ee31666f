//! Orders: from draft to completed, or cancelled.

mod command;
mod decide;
mod event;
mod evolve;
mod rejection;
mod state;
mod status;
#[cfg(test)]
mod tests;

use orderflow_engine::Category;
use rust_decimal::Decimal;

pub use self::{
    command::*,
    decide::Order,
    event::*,
    rejection::OrderRejection,
    state::{OrderState, ParticularsView},
    status::*,
};

pub const CATEGORY: Category = Category::new("order");

/// No order, draft or placed, has more lines.
pub const MAX_LINES: usize = 1000;

/// No order comes to more, in whatever currency: so it, and sums over a million of
/// them, fit into a view's integer of minor units.
pub const MAX_TOTAL: Decimal = Decimal::from_parts(0x540B_E400, 0x2, 0, false, 0);
