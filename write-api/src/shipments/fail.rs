use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{ShipmentId, shipment::ShipmentCommand};
use orderflow_http::{JsonBody, Path, Problem};

use crate::{
    answer::{Changed, changed},
    body::ReasonBody,
    call::{Call, Key, Operation},
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const FAIL: Operation = Operation::on("POST /shipments/{id}/fail", Key::Accepted);

/// Record that a shipment could not be delivered. It comes back, and may be dispatched again.
#[utoipa::path(
    post, path = "/api/v1/shipments/{id}/fail", tag = "shipments",
    params(("id" = uuid::Uuid, Path), Headers), request_body = ReasonBody, responses(Done<Changed>, Problems)
)]
pub(super) async fn fail(
    State(state): State<Arc<WriteState>>, call: Call, Path(id): Path<ShipmentId>, body: JsonBody<ReasonBody>,
) -> Result<Response, Problem> {
    let command = ShipmentCommand::FailDelivery { reason: body.value.check()? };
    let id = id.to_string();
    let envelope = call.envelope(&state, &FAIL, &id, &body.raw)?;
    let outcome = call.execute(&state.commands.shipments, &id, &command, &envelope).await?;
    changed(&state, id, &outcome).await
}
