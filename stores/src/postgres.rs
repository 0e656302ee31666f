//! The event store in a Postgres database, where any number of processes append and read.
//!
//! One task of each store writes: what waits in a bounded queue goes to the server as one call of one function, which
//! is one round trip and one transaction. The function holds the lock on the row that counts positions until its
//! commit, so positions have no gaps and become visible in their order. A call whose answer is lost is made again: the
//! server keeps the last answer of each writer, so the second call finds out, and writes only what the first did not.

mod backoff;
mod connect;
mod error;
mod follow;
mod group;
mod head;
mod health;
mod known;
mod pool;
mod query;
mod reader;
mod schema;
mod session;
mod store;
mod writer;

pub use self::{
    error::OpenError,
    reader::PostgresReader,
    store::{PostgresOptions, PostgresStore},
};
