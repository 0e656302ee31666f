//! One connection, from its first byte to its last.

use std::{
    convert::Infallible,
    error::Error,
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
};

use axum::{Router, routing::future::RouteFuture};
use hyper::{Request, body::Incoming, server::conn::http1, service::Service};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::{Drain, patient::Patient};
use crate::limits::Limits;

/// What every connection starts from.
#[derive(Clone)]
pub(super) struct Server {
    http: http1::Builder,
    router: Routes,
    limits: Limits,
}

impl Server {
    pub(super) fn new(router: Router, limits: Limits) -> Self {
        let mut http = http1::Builder::new();
        // The number of headers stays at hyper's own limit, Limits::MAX_HEADERS: setting it costs an allocation per
        // request. The edge refuses what is above the configured limits.
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_header_size(Limits::MAX_HEADER_BYTES);
        Self { http, router: Routes(router.with_state(())), limits }
    }

    pub(super) async fn serve(self, stream: TcpStream, drain: &Drain) {
        // An answer is one write: there is nothing to be gained from holding it back.
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let io = TokioIo::new(Patient::new(stream, self.limits.write_timeout));
        let mut connection = self.http.serve_connection(io, self.router);

        let mut told = pin!(drain.wake.notified());
        let mut listening = false;
        let mut draining = false;
        let ended = poll_fn(|cx| {
            if !listening {
                // Once is enough: this task's waker stays the same, and the flag is looked at on every wake.
                listening = true;
                let _ = told.as_mut().poll(cx);
            }
            if !draining && drain.has_begun() {
                draining = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            Pin::new(&mut connection).poll(cx)
        })
        .await;

        if let Err(error) = &ended {
            tracing::debug!(error = error as &dyn Error, "a connection failed");
        }
        // A peer that is silent or gone has nothing left to send.
        let lost =
            |error: hyper::Error| error.is_timeout() || error.source().is_some_and(|source| source.is::<io::Error>());
        if !ended.is_err_and(lost) {
            tokio::select! {
                () = connection.into_parts().io.into_inner().linger() => {}
                () = drain.wait() => {}
            }
        }
    }
}

/// The router as hyper wants it. A clone of a router is the clone of an `Arc`.
#[derive(Clone)]
struct Routes(Router);

impl Service<Request<Incoming>> for Routes {
    type Response = axum::response::Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        tower::Service::call(&mut self.0.clone(), request)
    }
}
