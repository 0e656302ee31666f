//! The write API through its router, on an event store in memory.

mod customers;
mod documentation;
mod drafts;
mod harness;
mod idempotency;
mod orders;
mod payments;
mod preconditions;
mod products;
mod refused_orders;
mod refused_requests;
mod shipments;
mod stock;
