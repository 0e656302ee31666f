//! What happens to every request and every answer, in one layer.
//!
//! One service and one hand-written future do what would otherwise be a stack of eight: each further layer costs a
//! boxed future and a boxed clone per request.

mod context;
mod random;
mod request;
mod response;

use std::{
    convert::Infallible,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
};
use tokio::time::{Instant, Sleep, sleep_until};
use tower::{Layer, Service};

pub use self::context::RequestContext;
use self::response::Exchange;
use crate::{
    limits::Limits,
    problem::{Problem, ProblemKind},
};

/// Wraps every route that `router` has so far, and its fallbacks.
///
/// A request gets a [`RequestContext`] and is held to the limits: its size, its body's size, its time. An answer gets
/// the request's id and two headers for the caller's safety; any plain error of 400 or above becomes a problem, be it a
/// panic, an unknown path or a refusal of axum's own. `OPTIONS` is answered with `Allow`. What passes is logged once:
/// at debug, or at warn from 500 on.
pub fn edge(router: Router, limits: Limits) -> Router {
    router.layer(Edge { limits })
}

#[derive(Clone, Copy)]
struct Edge {
    limits: Limits,
}

impl<S> Layer<S> for Edge {
    type Service = Edged<S>;

    fn layer(&self, inner: S) -> Edged<S> {
        Edged { inner, limits: self.limits }
    }
}

#[derive(Clone)]
struct Edged<S> {
    inner: S,
    limits: Limits,
}

impl<S> Service<Request> for Edged<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Unpin,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Handling<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let context = RequestContext::of(&request, &self.limits);
        let exchange = Exchange::begin(&request, &context);
        let stage = match request::admit(&mut request, &self.limits) {
            Err(problem) => Stage::Refused(Some(problem)),
            Ok(()) => {
                request.extensions_mut().insert(context);
                Stage::Handling(self.inner.call(request))
            }
        };
        let deadline = exchange.began() + self.limits.request_timeout;
        Handling { stage, exchange, deadline, timer: None }
    }
}

enum Stage<F> {
    Refused(Option<Problem>),
    Handling(F),
    Over,
}

/// A request on its way to an answer.
struct Handling<F> {
    stage: Stage<F>,
    exchange: Exchange,
    deadline: Instant,
    /// Made when the handler first has to wait: many never do.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<F> Future for Handling<F>
where
    F: Future<Output = Result<Response, Infallible>> + Unpin,
{
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let response = match &mut this.stage {
            Stage::Refused(problem) => problem.take().expect("polled once").into_response(),
            Stage::Over => unreachable!("polled after its end"),
            // A handler that panicked is dropped here and now, so nobody sees it half done.
            Stage::Handling(handler) => match catch_unwind(AssertUnwindSafe(|| Pin::new(handler).poll(cx))) {
                Ok(Poll::Ready(Ok(response))) => response,
                Ok(Poll::Ready(Err(never))) => match never {},
                Ok(Poll::Pending) => {
                    let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(this.deadline)));
                    if timer.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    timed_out().into_response()
                }
                Err(panic) => panicked(&*panic).into_response(),
            },
        };
        this.stage = Stage::Over;
        Poll::Ready(Ok(this.exchange.end(response)))
    }
}

fn timed_out() -> Problem {
    Problem::new(
        ProblemKind::TIMED_OUT,
        "the request may still take effect: try again, and a write with the same Idempotency-Key",
    )
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Problem {
    let text = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text.as_str(),
        (None, None) => "no message",
    };
    Problem::internal(format!("a handler panicked: {text}"))
}
