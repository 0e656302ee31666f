use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{
    OrderId,
    order::{CancelReason, OrderCommand},
};
use orderflow_http::{JsonBody, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    answer::{Changed, changed},
    body::{At, Errors, Field, Reason, Text},
    call::{Call, Key, Operation},
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const CANCEL: Operation = Operation::on("POST /orders/{id}/cancel", Key::Accepted);

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelOrder {
    /// Why.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 500, example = "ordered twice")]
    note: Field<Reason>,
}

impl CancelOrder {
    fn check(self) -> Result<OrderCommand, Problem> {
        let mut errors = Errors::default();
        let note = errors.optional(self.note, At::Body("note")).map(|Text(note)| note);
        errors.check(Some(OrderCommand::Cancel { reason: CancelReason::Requested { note } }))
    }
}

/// Cancel an order of which nothing has left. What was reserved is released, and what was authorized is voided.
#[utoipa::path(
    post, path = "/api/v1/orders/{id}/cancel", tag = "orders",
    params(("id" = uuid::Uuid, Path), Headers), request_body = Option<CancelOrder>,
    responses(Done<Changed>, Problems)
)]
pub(super) async fn cancel(
    State(state): State<Arc<WriteState>>, call: Call, Path(order): Path<OrderId>, body: Option<JsonBody<CancelOrder>>,
) -> Result<Response, Problem> {
    let (cancel, raw) = body.map(|body| (body.value, body.raw)).unwrap_or_default();
    let command = cancel.check()?;
    let id = order.to_string();
    let envelope = call.envelope(&state, &CANCEL, &id, &raw)?;
    let outcome = call.execute(&state.commands.orders, &id, &command, &envelope).await?;
    changed(&state, id, &outcome).await
}
