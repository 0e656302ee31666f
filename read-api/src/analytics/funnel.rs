//! `GET /analytics/funnel`

use axum::{extract::State, response::Response};
use orderflow_http::{OrderflowAfter, Problem};

use crate::{caller::Caller, documents::FunnelDocument, problems::Refused, reply, state::ReadState};

/// How many orders there are, by each of their three statuses.
#[utoipa::path(
    get, path = "/api/v1/analytics/funnel", tag = "analytics",
    params(("Orderflow-After" = Option<u64>, Header, description = "The Orderflow-Position of an answer: this one is at least as fresh.")),
    responses(
        (status = 200, body = inline(FunnelDocument), headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
        )),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "The view is not ready, or has not caught up, or too many reads are under way."),
    ),
)]
pub(crate) async fn funnel(
    State(state): State<ReadState>, caller: Caller, after: OrderflowAfter,
) -> Result<Response, Problem> {
    state.caught_up(after, &["orders"]).await?;
    let answer = state.views().funnel(&caller.tenant).await.map_err(Problem::refused)?;
    Ok(reply::at(answer.position, FunnelDocument::new(&answer.value)))
}
