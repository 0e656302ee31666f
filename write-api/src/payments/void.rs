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

const VOID: Operation = Operation::on("POST /payments/{id}/void", Key::Required);

/// Free what was authorized. Cancelling the order does so, too.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/void", tag = "payments",
    params(("id" = uuid::Uuid, Path), KeyedHeaders), responses(Done<Changed>, Problems)
)]
pub(super) async fn void(
    State(state): State<Arc<WriteState>>, call: Call, Path(id): Path<PaymentId>, NoBody(raw): NoBody,
) -> Result<Response, Problem> {
    let envelope = call.envelope(&state, &VOID, &id.to_string(), &raw)?;
    let outcome = match answered_by_the_log(&state, &call, id, &envelope).await? {
        Some(outcome) => outcome,
        None => state.payments.void(&call.caller.tenant, id, &envelope).await.map_err(problem)?,
    };
    changed(&state, id.to_string(), &outcome).await
}
