//! The network between a client and a server, which can be taken away.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{sleep, spawn},
    time::Duration,
};

/// How often whoever waits looks whether the network is back.
const LOOK: Duration = Duration::from_millis(20);

/// Passes bytes on to a server on this machine, until it is told to swallow them. Connections stay open meanwhile, and
/// new ones are taken: nobody is told that nothing arrives.
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    swallows: AtomicBool,
    ended: AtomicBool,
}

impl Proxy {
    /// A way to whoever listens on `port`.
    pub fn to(port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let proxy = Self { port: listener.local_addr()?.port(), state: Arc::default() };
        let state = Arc::clone(&proxy.state);
        spawn(move || {
            for client in listener.incoming().flatten() {
                if state.ended.load(Ordering::SeqCst) {
                    return;
                }
                let state = Arc::clone(&state);
                spawn(move || connect(client, port, &state));
            }
        });
        Ok(proxy)
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on nothing arrives, in either direction.
    pub fn swallow(&self) {
        self.state.swallows.store(true, Ordering::SeqCst);
    }

    /// From now on everything arrives; what was sent meanwhile arrives late.
    pub fn pass(&self) {
        self.state.swallows.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        // Wakes whoever accepts; when that fails there is nobody to wake.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl State {
    /// Waits while nothing is to arrive; false when it never will.
    fn is_open(&self) -> bool {
        while self.swallows.load(Ordering::SeqCst) && !self.ended.load(Ordering::SeqCst) {
            sleep(LOOK);
        }
        !self.ended.load(Ordering::SeqCst)
    }
}

fn connect(client: TcpStream, port: u16, state: &Arc<State>) {
    if !state.is_open() {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { return };
    let ends = [(&client, &server), (&server, &client)].map(|(from, to)| (from.try_clone(), to.try_clone()));
    for (from, to) in ends {
        let (Ok(from), Ok(to)) = (from, to) else { return };
        let state = Arc::clone(state);
        spawn(move || carry(from, to, &state));
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, state: &State) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                if !state.is_open() || to.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    // Either end may be gone already.
    let _ = state.is_open();
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_swallowed_arrives_when_the_network_is_back() {
        let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let proxy = Proxy::to(server.local_addr().unwrap().port()).unwrap();
        let mut client = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
        let (mut accepted, _) = server.accept().unwrap();
        accepted.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut byte = [0];
        client.write_all(b"a").unwrap();
        accepted.read_exact(&mut byte).unwrap();
        proxy.swallow();
        client.write_all(b"b").unwrap();
        assert!(accepted.read_exact(&mut byte).is_err(), "nothing arrives");
        proxy.pass();
        accepted.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        accepted.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"b");
    }
}
