//! A stand-in KurrentDB server for tests: the gRPC protocol that clients speak, over a log in memory.
//!
//! What it keeps to: the expected versions and what counts as a repetition; atomic, contiguous appends; positions that
//! are sparse byte offsets; system events, links and stream metadata among the others; soft deletion and tombstones;
//! filters and checkpoints; limits of size; the errors, where and how a server gives them; several nodes of one
//! cluster, of which one leads. [`Faults`] are switches for what goes wrong in production, and each node can be stopped
//! or frozen.
//!
//! What it does not do, and a real server does:
//!
//! - It is not durable and does not replicate: the nodes of a cluster share one log. Nobody is elected but by
//!   [`Standin::elect`], and a frozen node counts as alive.
//! - Under *any* and *stream exists* it recognises no repetition: a server does as long as it remembers the ids.
//! - `$maxCount` and `$tb` are all it reads of a stream's metadata: neither `$maxAge` nor access lists. Nothing is
//!   scavenged.
//! - No TLS, users other than one, persistent subscriptions, projections, HTTP, or appends to several streams.
//! - It is stricter in one way: a position that no event has is refused, wherever the server would find rubbish.
//!
//! [`Standin`] is the way in: it runs for as long as it is held.

#![expect(clippy::result_large_err, reason = "the errors of gRPC are as large as they are")]

mod clock;
mod cluster;
mod faults;
mod filter;
mod freeze;
mod log;
mod node;
mod record;
mod service;
mod socket;
mod standin;
mod wire;

pub use self::{
    faults::Faults,
    record::Recorded,
    standin::{Options, Standin},
};
