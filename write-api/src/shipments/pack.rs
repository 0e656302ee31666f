use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{ShipmentId, shipment::ShipmentCommand};
use orderflow_http::{Path, Problem};

use crate::{
    answer::{Changed, changed},
    call::{Call, Key, NoBody, Operation},
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const PACK: Operation = Operation::on("POST /shipments/{id}/pack", Key::Accepted);

/// Record that a shipment is packed.
#[utoipa::path(
    post, path = "/api/v1/shipments/{id}/pack", tag = "shipments",
    params(("id" = uuid::Uuid, Path), Headers), responses(Done<Changed>, Problems)
)]
pub(super) async fn pack(
    State(state): State<Arc<WriteState>>, call: Call, Path(id): Path<ShipmentId>, NoBody(raw): NoBody,
) -> Result<Response, Problem> {
    let id = id.to_string();
    let envelope = call.envelope(&state, &PACK, &id, &raw)?;
    let outcome = call.execute(&state.commands.shipments, &id, &ShipmentCommand::Pack, &envelope).await?;
    changed(&state, id, &outcome).await
}
