mod command;
mod event;

use orderflow_engine::Category;

pub use self::{command::*, event::*};

pub const CATEGORY: Category = Category::new("shipment");
