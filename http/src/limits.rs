//! What one service takes from its callers before it says no.

use std::time::Duration;

/// The bounds of one listener. The defaults suit an API behind the usual soft limit of 1,024 open files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections served at a time. Further ones wait in the kernel's backlog and take no memory here.
    pub connections: u32,
    /// The time for the head of a request to arrive, and so also the longest that a connection may be idle.
    pub header_timeout: Duration,
    /// The size of a request's line and headers, in bytes: at most [`Limits::MAX_HEADER_BYTES`].
    pub header_bytes: usize,
    /// The number of a request's headers: at most [`Limits::MAX_HEADERS`].
    pub headers: usize,
    /// The size of a request's body, in bytes, however it is transferred.
    pub body_bytes: usize,
    /// The time for a request's body to arrive, from the arrival of its head.
    pub body_timeout: Duration,
    /// The time from the arrival of a request's head to the head of its answer.
    pub request_timeout: Duration,
    /// How long a client may leave an answer unread before its connection is closed.
    pub write_timeout: Duration,
    /// The time that requests in flight are given after the shutdown.
    pub drain_timeout: Duration,
}

impl Limits {
    /// Beyond this the connection itself refuses, with a bare 431 in place of a problem.
    pub const MAX_HEADER_BYTES: usize = 64 * 1024;
    /// Beyond this likewise.
    pub const MAX_HEADERS: usize = 100;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 900,
            header_timeout: Duration::from_secs(30),
            header_bytes: 16 * 1024,
            headers: 64,
            body_bytes: 1024 * 1024,
            body_timeout: Duration::from_secs(15),
            request_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(20),
        }
    }
}
