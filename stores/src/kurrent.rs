//! The event store in KurrentDB: the server keeps the log, and this keeps what the client library does not.
//!
//! A stream is a stream of the server under the same name, version v is its revision v − 1, and a [`Position`] is the
//! commit position of the event in `$all` plus one, so that [`Position::START`] is before everything. Positions are
//! byte offsets: they grow, with gaps. An event's type is its kind, its data are its data, and its metadata are wrapped
//! with its own time, because the server's is its own.
//!
//! - A [`link`] is a client that is built anew when it is of no more use: the library's never recovers from a failed
//!   connect, and stays with a node that died. A [`connection`] is one such client.
//! - A [`lane`] per stream sends appends one after another, those that build on each other as one, and streams side by
//!   side. An [`append`] has fixed event ids, so that an unknown outcome is found out by sending it again.
//! - Catching up is paged reading; a [`subscription`](listen) only says when to look, and a [`follower`](follow) looks
//!   anyway.
//!
//! [`Position`]: orderflow_engine::Position
//! [`Position::START`]: orderflow_engine::Position::START

mod append;
mod connection;
mod credentials;
mod event;
mod follow;
mod lane;
mod link;
mod listen;
mod open;
mod outcome;
mod pace;
mod page;
mod reader;
mod snapshot;
mod spin;
mod store;
mod watchdog;

pub use self::{
    open::{KurrentOpenError, KurrentOptions},
    reader::KurrentReader,
    store::KurrentStore,
};
