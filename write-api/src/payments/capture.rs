use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::PaymentId;
use orderflow_http::{Path, Problem};

use super::{answered_by_the_log, problem};
use crate::{
    answer::{Changed, changed},
    call::{Call, Key, NoBody, Operation},
    openapi::{Done, KeyedHeaders, Problems},
    state::WriteState,
};

const CAPTURE: Operation = Operation::on("POST /payments/{id}/capture", Key::Required);

/// Capture all of what was authorized. The process does so by itself when the first shipment leaves.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/capture", tag = "payments",
    params(("id" = uuid::Uuid, Path), KeyedHeaders), responses(Done<Changed>, Problems)
)]
pub(super) async fn capture(
    State(state): State<Arc<WriteState>>, call: Call, Path(id): Path<PaymentId>, NoBody(raw): NoBody,
) -> Result<Response, Problem> {
    let envelope = call.envelope(&state, &CAPTURE, &id.to_string(), &raw)?;
    let outcome = match answered_by_the_log(&state, &call, id, &envelope).await? {
        Some(outcome) => outcome,
        None => state.payments.capture(&call.caller.tenant, id, &envelope).await.map_err(problem)?,
    };
    changed(&state, id.to_string(), &outcome).await
}
