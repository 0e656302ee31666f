//! The event stores of Orderflow: they keep bytes, and know nothing of what the events mean.
//!
//! - [`SqliteStore`] is the embedded store: one file, one writing process, any number of reading ones.
//! - [`SqliteReader`] is its reading half, and opens the file beside the process that writes it.
//! - [`PostgresStore`] keeps the log in a Postgres database, where any number of processes append and read.
//! - [`PostgresReader`] is its reading half.
//! - [`KurrentStore`] and [`KurrentReader`] are the same in KurrentDB, where many processes write.
//! - [`AnyStore`] and [`AnyReader`] are the closed set of stores, chosen by configuration. An `AnyReader` cannot
//!   append.
//! - [`StoreUrl`] is how a configuration names a store.

mod any;
mod kurrent;
mod page;
mod postgres;
mod sqlite;
mod url;

pub use self::{
    any::{AnyReader, AnyStore},
    kurrent::{KurrentOpenError, KurrentOptions, KurrentReader, KurrentStore},
    postgres::{OpenError as PostgresOpenError, PostgresOptions, PostgresReader, PostgresStore},
    sqlite::{OpenError, SqliteOptions, SqliteReader, SqliteStore, StoreHealth},
    url::{InvalidUrl, StoreUrl},
};
