//! The read API: what can be asked of orders, products, stock, shipments, sales and the log itself.
//!
//! Most answers are rows of views that a projector keeps; what a view cannot know (an order as it was, the story of an
//! order) is read from the log.
//!
//! **Architecture Invariant:** nothing here can append: the log is held as an `AnyReader`, and the views are read
//! through connections that are read-only.

mod admin;
mod analytics;
mod caller;
mod customers;
mod describe;
mod documents;
mod listing;
mod orders;
mod problems;
mod products;
mod reply;
mod router;
mod shipments;
mod state;
mod stock;
mod views;

pub use self::{
    router::{document, processes_router, router},
    state::ReadState,
    views::{
        AnyViews, CacheOptions, InvalidUrl, OpenCacheError, PostgresOptions, PostgresViews, RedisCache, SqliteOptions,
        SqliteViews, ViewError,
    },
};
