//! The embedded event store: one SQLite file in WAL mode.
//!
//! One thread writes and commits what waits in a bounded queue as a group; readers have connections of their own. A
//! commit is synced (`synchronous=FULL`) before it is visible, so whatever a reader sees is durable. Positions are
//! given by the writer in the order of commits, so they have no gaps.

mod batch;
mod cache;
mod checkpoint;
mod connect;
mod follow;
mod format;
mod head;
mod health;
mod lock;
mod pool;
mod query;
mod reader;
mod store;
mod writer;

pub use self::{
    format::OpenError,
    health::StoreHealth,
    reader::SqliteReader,
    store::{SqliteOptions, SqliteStore},
};
