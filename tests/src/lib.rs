//! The harness of the end-to-end tests: real servers on free ports in temporary directories, and a plain client.

mod client;
mod server;
pub mod truth;

pub use self::{
    client::{Answer, Client},
    server::{Server, binary, run},
};
