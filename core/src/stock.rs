//! Stock: what is on the shelf, and for whom.

mod command;
mod decide;
mod event;
mod evolve;
mod rejection;
mod settled;
mod state;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use orderflow_engine::Category;

pub use self::{command::*, decide::Stock, event::*, rejection::StockRejection, state::StockState};

pub const CATEGORY: Category = Category::new("stock");

/// No more pieces of one SKU than this are on hand.
pub const MAX_ON_HAND: u64 = 1_000_000_000_000;

/// No reservation is made for longer.
pub const MAX_RESERVATION: TimeDelta = TimeDelta::hours(24);
