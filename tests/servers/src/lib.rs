//! Private Postgres and Redis servers for tests and benchmarks: real ones, on free loopback ports, in temporary
//! directories.
//!
//! - [`Postgres`] and [`Redis`] run for as long as they are held, and can be stopped and started again on the same
//!   port.
//! - [`Postgres::shared`] is one for the whole process: a test takes a database of its own in it.
//! - [`Proxy`] is the network between a client and one of them, which can be taken away.
//!
//! A server is on a leash: it ends with the process that started it, however that ends. It needs nothing but the
//! servers' own packages (Debian's `postgresql` and `redis-server`).

mod leash;
mod port;
mod postgres;
mod proxy;
mod redis;

pub use self::{
    leash::Signal,
    port::free_port,
    postgres::{Durability, Postgres},
    proxy::Proxy,
    redis::Redis,
};
