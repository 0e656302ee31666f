//! Customers, without personal data.

mod command;
mod decide;
mod event;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

use orderflow_engine::Category;

pub use self::{command::*, decide::Customer, event::*, rejection::CustomerRejection, state::CustomerState};

pub const CATEGORY: Category = Category::new("customer");
