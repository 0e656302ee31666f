//! The harness of the end-to-end tests: real servers on free ports in temporary directories, and a plain client.

mod client;
pub mod sample;
mod server;
pub mod truth;

pub use self::{
    client::{Answer, Client},
    server::{Server, binary, run},
};
