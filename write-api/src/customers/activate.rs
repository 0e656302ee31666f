use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{CustomerId, customer::CustomerCommand};
use orderflow_http::{Path, Problem};

use crate::{
    answer::{Changed, changed},
    call::{Call, Key, NoBody, Operation},
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const ACTIVATE: Operation = Operation::on("POST /customers/{id}/activate", Key::Accepted);

/// Let a deactivated customer order again.
#[utoipa::path(
    post, path = "/api/v1/customers/{id}/activate", tag = "customers",
    params(("id" = uuid::Uuid, Path), Headers), responses(Done<Changed>, Problems)
)]
pub(super) async fn activate(
    State(state): State<Arc<WriteState>>, call: Call, Path(id): Path<CustomerId>, NoBody(raw): NoBody,
) -> Result<Response, Problem> {
    let id = id.to_string();
    let envelope = call.envelope(&state, &ACTIVATE, &id, &raw)?;
    let outcome = call.execute(&state.commands.customers, &id, &CustomerCommand::Activate, &envelope).await?;
    changed(&state, id, &outcome).await
}
