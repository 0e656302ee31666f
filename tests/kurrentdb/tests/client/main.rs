//! The stand-in, driven by the real client. Where `KURRENTDB_URL` is set, whatever needs no faults and no cluster of
//! its own runs against that server instead, so that the stand-in cannot drift away from it.

mod appends;
mod batches;
mod cluster;
mod deletions;
mod expected;
mod faults;
mod kit;
mod limits;
mod links;
mod reads;
mod subscriptions;
