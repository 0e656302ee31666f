//! The write API: commands over HTTP, one verb per file.
//!
//! A request is checked field by field, becomes one command with an id that its caller can repeat, and is answered when
//! what it did is durable. What an answer says comes from the command's own events and from nothing else, so a repeat
//! is answered with the same bytes, however often and however concurrently it comes.
//!
//! **Architecture Invariant:** nothing here reads a view. What a decision needs to know of another aggregate comes from
//! that aggregate's own stream.

mod answer;
mod body;
mod call;
mod caller;
mod customers;
mod fault;
mod openapi;
mod orders;
mod payments;
mod products;
mod router;
mod shipments;
mod state;
mod stock;

pub use self::{
    caller::{Caller, Privilege},
    router::{document, router},
    state::{Ids, WriteState},
};
