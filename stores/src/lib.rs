//! The event stores of Orderflow: they keep bytes, and know nothing of what the events mean.
//!
//! - [`SqliteStore`] is the embedded store: one file, one writing process, any number of reading ones.
//! - [`SqliteReader`] is its reading half, and opens the file beside the process that writes it.
//! - [`AnyStore`] and [`AnyReader`] are the closed set of stores, chosen by configuration. An `AnyReader` cannot
//!   append.

mod any;
mod sqlite;

pub use self::{
    any::{AnyReader, AnyStore},
    sqlite::{OpenError, SqliteOptions, SqliteReader, SqliteStore, StoreHealth},
};
