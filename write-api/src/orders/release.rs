use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{OrderId, order::OrderCommand};
use orderflow_http::{Path, Problem};

use crate::{
    answer::{Changed, changed},
    call::{Call, Key, NoBody, Operation},
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const RELEASE: Operation = Operation::on("POST /orders/{id}/release", Key::Accepted);

/// Release an order that is on hold.
#[utoipa::path(
    post, path = "/api/v1/orders/{id}/release", tag = "orders",
    params(("id" = uuid::Uuid, Path), Headers), responses(Done<Changed>, Problems)
)]
pub(super) async fn release(
    State(state): State<Arc<WriteState>>, call: Call, Path(order): Path<OrderId>, NoBody(raw): NoBody,
) -> Result<Response, Problem> {
    let id = order.to_string();
    let envelope = call.envelope(&state, &RELEASE, &id, &raw)?;
    let outcome = call.execute(&state.commands.orders, &id, &OrderCommand::Release, &envelope).await?;
    changed(&state, id, &outcome).await
}
