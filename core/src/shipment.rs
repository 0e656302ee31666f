//! Shipments: pieces of an order on their way.

mod command;
mod decide;
mod event;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

use orderflow_engine::Category;

pub use self::{command::*, decide::Shipment, event::*, rejection::ShipmentRejection, state::ShipmentState};

pub const CATEGORY: Category = Category::new("shipment");
