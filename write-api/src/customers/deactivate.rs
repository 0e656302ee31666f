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

const DEACTIVATE: Operation = Operation::on("POST /customers/{id}/deactivate", Key::Accepted);

/// Keep a customer from placing orders. Orders that are placed go on.
#[utoipa::path(
    post, path = "/api/v1/customers/{id}/deactivate", tag = "customers",
    params(("id" = uuid::Uuid, Path), Headers), responses(Done<Changed>, Problems)
)]
pub(super) async fn deactivate(
    State(state): State<Arc<WriteState>>, call: Call, Path(id): Path<CustomerId>, NoBody(raw): NoBody,
) -> Result<Response, Problem> {
    let id = id.to_string();
    let envelope = call.envelope(&state, &DEACTIVATE, &id, &raw)?;
    let outcome = call.execute(&state.commands.customers, &id, &CustomerCommand::Deactivate, &envelope).await?;
    changed(&state, id, &outcome).await
}
