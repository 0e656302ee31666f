use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{
    OrderId,
    order::{CancelReason, OrderCommand},
};
use orderflow_http::{Path, Problem};

use crate::{
    answer::{Changed, changed},
    call::{Call, Key, NoBody, Operation},
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const DELETE: Operation = Operation::on("DELETE /orders/{id}", Key::Accepted);

/// Cancel an order, without a note. What happened to it stays on record.
#[utoipa::path(
    delete, path = "/api/v1/orders/{id}", tag = "orders",
    params(("id" = uuid::Uuid, Path), Headers), responses(Done<Changed>, Problems)
)]
pub(super) async fn delete(
    State(state): State<Arc<WriteState>>, call: Call, Path(order): Path<OrderId>, NoBody(raw): NoBody,
) -> Result<Response, Problem> {
    let id = order.to_string();
    let envelope = call.envelope(&state, &DELETE, &id, &raw)?;
    let command = OrderCommand::Cancel { reason: CancelReason::Requested { note: None } };
    let outcome = call.execute(&state.commands.orders, &id, &command, &envelope).await?;
    changed(&state, id, &outcome).await
}
