mod command;
mod event;
mod status;

use orderflow_engine::Category;

pub use self::status::*;
pub use self::{command::*, event::*};

pub const CATEGORY: Category = Category::new("order");
