//! Payments: what the provider was asked, and what it answered.

mod command;
mod decide;
mod event;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

use orderflow_engine::Category;

pub use self::{
    command::*,
    decide::Payment,
    event::*,
    rejection::PaymentRejection,
    state::{PaymentState, idempotency_key},
};

pub const CATEGORY: Category = Category::new("payment");
