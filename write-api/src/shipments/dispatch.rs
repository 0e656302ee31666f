use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{ShipmentId, shipment::ShipmentCommand};
use orderflow_http::{JsonBody, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    answer::{Changed, changed},
    body::{At, Errors, Field, Text},
    call::{Call, Key, Operation},
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const DISPATCH: Operation = Operation::on("POST /shipments/{id}/dispatch", Key::Accepted);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DispatchShipment {
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "Royal Mail")]
    carrier: Field<Text<100>>,
    /// The carrier's own name of the shipment.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100, example = "RM123456789GB")]
    tracking: Field<Text<100>>,
}

impl DispatchShipment {
    fn check(self) -> Result<ShipmentCommand, Problem> {
        let mut errors = Errors::default();
        let carrier = errors.required_text(self.carrier, At::Body("carrier"));
        let tracking = errors.optional(self.tracking, At::Body("tracking")).map(|Text(tracking)| tracking);
        errors.check(carrier.map(|Text(carrier)| ShipmentCommand::Dispatch { carrier, tracking }))
    }
}

/// Record that a shipment has left. The process then ships its stock and captures the payment.
#[utoipa::path(
    post, path = "/api/v1/shipments/{id}/dispatch", tag = "shipments",
    params(("id" = uuid::Uuid, Path), Headers), request_body = DispatchShipment, responses(Done<Changed>, Problems)
)]
pub(super) async fn dispatch(
    State(state): State<Arc<WriteState>>, call: Call, Path(id): Path<ShipmentId>, body: JsonBody<DispatchShipment>,
) -> Result<Response, Problem> {
    let command = body.value.check()?;
    let id = id.to_string();
    let envelope = call.envelope(&state, &DISPATCH, &id, &body.raw)?;
    let outcome = call.execute(&state.commands.shipments, &id, &command, &envelope).await?;
    changed(&state, id, &outcome).await
}
