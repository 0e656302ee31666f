//! From a listener to answers: the accept loop, its connection limit and its end.

mod accept;
mod bind;
mod connection;
mod patient;

use std::{
    io::Result,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::Router;
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

pub use self::bind::{BindError, Reach, bind};
use self::{accept::Backoff, connection::Server};
use crate::limits::Limits;

/// Serves HTTP/1.1 on `listener` until `shutdown`, then lets the requests in flight finish and returns.
///
/// At the connection limit nothing more is accepted: new connections wait in the kernel's backlog, which costs nothing
/// here, until one ends. Idle connections end after the header time-out.
///
/// The listener closes as soon as `shutdown` is cancelled. A service that a load balancer probes first calls
/// [`Health::drain`](crate::Health::drain) and waits until that has been noticed. An endless answer (server-sent
/// events) has to watch the token itself, or the drain time-out will cut it.
///
/// # Errors
///
/// When the listener itself is broken. Whatever may pass (no file descriptors left) is waited out.
pub async fn run(listener: TcpListener, router: Router, limits: Limits, shutdown: CancellationToken) -> Result<()> {
    let server = Server::new(router, limits);
    let drain = Arc::new(Drain::default());
    let room = Arc::new(Semaphore::new(limits.connections.max(1) as usize));
    let mut connections = JoinSet::new();
    let mut backoff = Backoff::default();

    let outcome = loop {
        let accepted = async {
            let permit = Arc::clone(&room).acquire_owned().await.expect("it is never closed");
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            biased;
            () = shutdown.cancelled() => break Ok(()),
            accepted = accepted => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                backoff.reset();
                let (server, drain) = (server.clone(), Arc::clone(&drain));
                connections.spawn(async move {
                    server.serve(stream, &drain).await;
                    drop(permit);
                });
            }
            Err(error) => match backoff.after(&error) {
                Ok(pause) => {
                    if !pause.is_zero() {
                        tracing::warn!(%error, pause_ms = pause.as_millis() as u64, "cannot accept connections");
                    }
                    drop(permit);
                    tokio::select! {
                        () = shutdown.cancelled() => break Ok(()),
                        () = tokio::time::sleep(pause) => {}
                    }
                }
                Err(broken) => break Err(broken),
            },
        }
    };

    drop(listener);
    drain.begin();
    if timeout(limits.drain_timeout, async { while connections.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!(connections = connections.len(), "closing connections that did not finish in time");
        connections.shutdown().await;
    }
    outcome
}

/// Tells every connection that the end has come.
///
/// A connection is polled for each piece of its work, so it must be cheap to ask: an atomic load, where a cancellation
/// token would take a lock that all connections share.
#[derive(Default)]
struct Drain {
    begun: AtomicBool,
    wake: Notify,
}

impl Drain {
    fn begin(&self) {
        self.begun.store(true, Ordering::SeqCst);
        self.wake.notify_waiters();
    }

    fn has_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    async fn wait(&self) {
        let mut told = pin!(self.wake.notified());
        told.as_mut().enable();
        if !self.has_begun() {
            told.await;
        }
    }
}
