//! The read API through its router, over views that the projector's own target wrote from real events.

mod analytics;
mod cache;
mod consistency;
mod faults;
mod home;
mod lists;
mod log;
mod openapi;
mod orders;
mod others;
mod proxy;
mod replay;
mod search;
mod world;
