//! Binding, and what to tell the operator when that fails.

use std::{
    io::{Error, ErrorKind},
    net::SocketAddr,
};

use tokio::net::{TcpListener, TcpSocket};

/// Connections that the kernel keeps while all places are taken.
const BACKLOG: u32 = 1024;

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error(
        "{0} can be reached from other machines, and callers are not authenticated yet: listen on 127.0.0.1:{port} or \
         [::1]:{port}, or allow it with --listen-anywhere in a network of your own", port = .0.port()
    )]
    NotLoopback(SocketAddr),
    #[error("port {port} is in use on {ip}: stop what uses it, or choose another port (0 picks a free one)",
        port = .0.port(), ip = .0.ip())]
    InUse(SocketAddr),
    #[error("no permission to listen on {0}: choose a port of 1024 or above")]
    Denied(SocketAddr),
    #[error("{0} is not an address of this machine: listen on 127.0.0.1:{port}", port = .0.port())]
    NoSuchAddress(SocketAddr),
    #[error("cannot listen on {address}: {source}")]
    Other { address: SocketAddr, source: Error },
}

/// Who may be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Programs on this machine.
    Loopback,
    /// Whoever can send a packet here.
    Anyone,
}

/// Listens on an address. Call it inside a Tokio runtime.
///
/// # Errors
///
/// Every error says what to do instead.
pub fn bind(address: SocketAddr, reach: Reach) -> Result<TcpListener, BindError> {
    if reach == Reach::Loopback && !address.ip().to_canonical().is_loopback() {
        return Err(BindError::NotLoopback(address));
    }
    listen(address).map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => BindError::InUse(address),
        ErrorKind::PermissionDenied => BindError::Denied(address),
        ErrorKind::AddrNotAvailable => BindError::NoSuchAddress(address),
        _ => BindError::Other { address, source },
    })
}

fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // As the standard library does: a restart must not wait for the connections of the last run to be forgotten. On
    // Windows the option means something else, namely to take the port from its owner.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_loopback_is_bound() {
        for address in ["0.0.0.0:0", "[::]:0", "192.168.1.1:0", "[::ffff:10.0.0.1]:0"] {
            let error = bind(address.parse().unwrap(), Reach::Loopback).unwrap_err();
            assert!(matches!(error, BindError::NotLoopback(_)), "{address}: {error}");
            assert!(error.to_string().contains("127.0.0.1"), "{error}");
        }
        for address in ["127.0.0.1:0", "127.0.0.2:0"] {
            assert!(bind(address.parse().unwrap(), Reach::Loopback).is_ok(), "{address}");
        }
    }

    #[tokio::test]
    async fn a_taken_port_says_so() {
        let first = bind("127.0.0.1:0".parse().unwrap(), Reach::Loopback).unwrap();
        let error = bind(first.local_addr().unwrap(), Reach::Loopback).unwrap_err();
        assert!(matches!(error, BindError::InUse(_)), "{error}");
        assert!(error.to_string().contains("0 picks a free one"), "{error}");
    }
}
