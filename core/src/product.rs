//! The catalogue: what can be ordered, and at what price.

mod command;
mod decide;
mod event;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

use orderflow_engine::Category;

pub use self::{command::*, decide::Product, event::*, rejection::ProductRejection, state::ProductState};

pub const CATEGORY: Category = Category::new("product");
