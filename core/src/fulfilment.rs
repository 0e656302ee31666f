//! The fulfilment process: from an order placed to an order ended, whatever happens on the way.

mod event;

use orderflow_engine::Category;

pub use self::event::*;

pub const CATEGORY: Category = Category::new("fulfilment");
