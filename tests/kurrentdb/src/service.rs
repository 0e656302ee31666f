//! The services of a node: each request is read, handed to the log, and its answer written.

mod admit;
mod append;
mod batch;
mod delete;
mod features;
mod gossip;
mod read;
mod refusal;
mod streams;
mod subscribe;

pub(crate) use self::{features::Features, gossip::GossipOf, streams::StreamsOf};
