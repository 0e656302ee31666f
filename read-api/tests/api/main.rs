//! The read API through its router, over views that the projector's own target wrote from real events.

mod analytics;
mod consistency;
mod lists;
mod log;
mod openapi;
mod orders;
mod others;
mod replay;
mod world;
