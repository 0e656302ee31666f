//! `GET /analytics/funnel`

use axum::{extract::State, response::Response};
use orderflow_http::{OrderflowAfter, Problem};

use crate::{
    caller::Caller,
    describe::{After, Refusals},
    documents::FunnelDocument,
    problems::Refused,
    reply,
    state::ReadState,
};

/// How many orders there are, by each of their three statuses.
#[utoipa::path(
    get, path = "/api/v1/analytics/funnel", tag = "analytics",
    params(After),
    responses(
        (status = 200, body = FunnelDocument, headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
        )),
        Refusals,
    ),
)]
pub(crate) async fn funnel(
    State(state): State<ReadState>, caller: Caller, after: OrderflowAfter,
) -> Result<Response, Problem> {
    state.caught_up(after, &["orders"]).await?;
    let answer = state.views().funnel(&caller.tenant).await.map_err(Problem::refused)?;
    Ok(reply::at(answer.position, FunnelDocument::new(&answer.value)))
}
