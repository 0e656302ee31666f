//! Whom an answer is for.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};
use orderflow_engine::Tenant;

use crate::state::ReadState;

/// Made here for every request, and nowhere else: the place for authentication to say who is asking.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) tenant: Tenant,
}

impl FromRequestParts<ReadState> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, state: &ReadState) -> Result<Self, Infallible> {
        Ok(state.anyone())
    }
}
