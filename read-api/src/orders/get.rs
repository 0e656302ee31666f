//! `GET /orders/{id}`

use axum::{extract::State, response::Response};
use orderflow_core::OrderId;
use orderflow_engine::Position;
use orderflow_http::{IfNoneMatch, OrderflowAfter, Path, Problem, ProblemKind, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use super::replay::{self, AsOf};
use crate::{
    caller::Caller,
    describe::{After, Known, Refusals},
    documents::OrderDocument,
    problems::{Refused, not_found},
    reply,
    state::ReadState,
    views::{Answer, WholeOrder},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// The order as it was at a version of its stream, or at a time of RFC 3339, by replay.
    #[param(example = "2009-12-01T07:45:00Z")]
    as_of: Option<String>,
}

/// One order, with its lines.
#[utoipa::path(
    get, path = "/api/v1/orders/{id}", tag = "orders",
    params(
        ("id" = uuid::Uuid, Path),
        Parameters,
        Known,
        After,
    ),
    responses(
        (status = 200, body = OrderDocument, headers(
            ("ETag" = String, description = "The version, such as \"v17\"."),
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
        )),
        (status = 304, description = "The caller has this version."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such order, or was none then."),
        Refusals,
    ),
)]
pub(crate) async fn get_order(
    State(state): State<ReadState>, caller: Caller, Path(id): Path<OrderId>, Query(parameters): Query<Parameters>,
    after: OrderflowAfter, known: IfNoneMatch,
) -> Result<Response, Problem> {
    if let Some(text) = &parameters.as_of {
        return as_of(&state, &caller, id, AsOf::parse(text)?, after, &known).await;
    }
    let answer = find(&state, &caller, id, after).await?;
    let position = answer.position;
    match answer.value {
        None => Ok(reply::with_position(position, not_found("order"))),
        Some(WholeOrder { order, lines: Some(lines) }) => {
            reply::versioned(position, order.version, &known, || OrderDocument::json(&order, &lines))
        }
        // The view has no lines that fit (a draft has none there), but the log does.
        Some(WholeOrder { order, lines: None }) => {
            if known.matches(order.version) {
                return reply::versioned(position, order.version, &known, || Ok(Vec::new()));
            }
            let replayed = replay::order(state.log(), &caller.tenant, id, AsOf::Version(order.version)).await?;
            let Some((order, lines)) = replayed else {
                return Ok(reply::with_position(position, not_found("order")));
            };
            reply::versioned(position, order.version, &known, || OrderDocument::json(&order, &lines))
        }
    }
}

async fn find(
    state: &ReadState, caller: &Caller, id: OrderId, after: OrderflowAfter,
) -> Result<Answer<Option<WholeOrder>>, Problem> {
    let cached = |turn| async move {
        let found = state.cache()?.order(turn, &caller.tenant, id, after.0.map(Position)).await?;
        Some(Answer { position: found.position, value: Some(found.value) })
    };
    let viewed = async {
        state.caught_up(after, &["orders", "order_lines"]).await?;
        state.views().order(&caller.tenant, id).await.map_err(Problem::refused)
    };
    state.cached_or(cached, viewed).await
}

async fn as_of(
    state: &ReadState, caller: &Caller, id: OrderId, as_of: AsOf, after: OrderflowAfter, known: &IfNoneMatch,
) -> Result<Response, Problem> {
    let position = state.log_caught_up(after).await?;
    match replay::order(state.log(), &caller.tenant, id, as_of).await? {
        Some((order, lines)) => {
            reply::versioned(position, order.version, known, || OrderDocument::json(&order, &lines))
        }
        None => Ok(reply::with_position(
            position,
            Problem::new(ProblemKind::NOT_FOUND, "there was no such order then, or it has not come to that version"),
        )),
    }
}
