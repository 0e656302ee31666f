//! Typed parts of requests. Every refusal is a problem that says what to send instead.

mod body;
mod consistency;
mod idempotency_key;
mod json;
mod path;
mod precondition;
mod query;
mod text;

pub use self::{
    body::RawBody,
    consistency::{ORDERFLOW_AFTER, ORDERFLOW_POSITION, OrderflowAfter, orderflow_position},
    idempotency_key::IdempotencyKey,
    json::{Json, JsonBody},
    path::Path,
    precondition::{IfMatch, IfNoneMatch, etag},
    query::Query,
};
