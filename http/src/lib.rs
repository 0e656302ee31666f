//! What every HTTP service of Orderflow has in common: serving, problems, the edge, extractors, cursors, health.
//!
//! It has no routes of its own but the health probes, and knows nothing of orders or of event stores. A service builds
//! its router with the extractors of this crate, wraps it once in [`edge`], binds with [`bind`], and hands both to
//! [`run`]:
//!
//! ```no_run
//! use axum::{Router, routing::post};
//! use orderflow_http::{Json, Limits, Problem, ProblemKind, Reach, bind, edge, run};
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Greeting { name: String }
//!
//! async fn greet(Json(greeting): Json<Greeting>) -> Result<Json<String>, Problem> {
//!     if greeting.name.is_empty() {
//!         return Err(Problem::new(ProblemKind::REJECTED, "nobody is there to be greeted"));
//!     }
//!     Ok(Json(format!("hello, {}", greeting.name)))
//! }
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let limits = Limits::default();
//! let router = edge(Router::new().route("/greetings", post(greet)), limits);
//! let listener = bind("127.0.0.1:8080".parse()?, Reach::Loopback)?;
//! run(listener, router, limits, tokio_util::sync::CancellationToken::new()).await?;
//! # Ok(()) }
//! ```
//!
//! **Architecture Invariant:** every answer of 400 and above that passes the edge is an RFC 9457 problem (a health
//! report of 503 excepted), and no text of an internal error is in it.

mod cursor;
mod edge;
mod extract;
mod health;
mod limits;
mod page;
mod problem;
mod serve;

pub use self::{
    cursor::{Cursor, CursorKey, InvalidKey},
    edge::{RequestContext, edge},
    extract::{
        IdempotencyKey, IfMatch, IfNoneMatch, Json, JsonBody, ORDERFLOW_AFTER, ORDERFLOW_POSITION, OrderflowAfter,
        Path, Query, RawBody, etag, orderflow_position,
    },
    health::{Dependency, Health, Phase},
    limits::Limits,
    page::Page,
    problem::{Action, FieldError, Problem, ProblemKind},
    serve::{BindError, Reach, bind, run},
};
