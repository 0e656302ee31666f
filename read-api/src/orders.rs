//! Questions about orders.

pub(crate) mod get;
pub(crate) mod list;
mod replay;
pub(crate) mod timeline;

pub(crate) use self::list::{OrderFilters, respond_with_orders};
