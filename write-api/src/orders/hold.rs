use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{OrderId, order::OrderCommand};
use orderflow_http::{JsonBody, Path, Problem};

use crate::{
    answer::{Changed, changed},
    body::ReasonBody,
    call::{Call, Key, Operation},
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const HOLD: Operation = Operation::on("POST /orders/{id}/hold", Key::Accepted);

/// Put an order on hold: nothing of it leaves until it is released.
#[utoipa::path(
    post, path = "/api/v1/orders/{id}/hold", tag = "orders",
    params(("id" = uuid::Uuid, Path), Headers), request_body = ReasonBody, responses(Done<Changed>, Problems)
)]
pub(super) async fn hold(
    State(state): State<Arc<WriteState>>, call: Call, Path(order): Path<OrderId>, body: JsonBody<ReasonBody>,
) -> Result<Response, Problem> {
    let command = OrderCommand::Hold { reason: body.value.check()? };
    let id = order.to_string();
    let envelope = call.envelope(&state, &HOLD, &id, &body.raw)?;
    let outcome = call.execute(&state.commands.orders, &id, &command, &envelope).await?;
    changed(&state, id, &outcome).await
}
