//! The whole crate over real connections: raw bytes in, raw bytes out.

mod edge;
mod serve;
mod server;
