use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{Sku, product::ProductCommand};
use orderflow_http::{Path, Problem};

use crate::{
    answer::{Changed, changed},
    call::{Call, Key, NoBody, Operation},
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const DISCONTINUE: Operation = Operation::on("DELETE /products/{sku}", Key::Accepted);

/// Discontinue a product: it can no longer be ordered, and can be relisted.
#[utoipa::path(
    delete, path = "/api/v1/products/{sku}", tag = "products",
    params(("sku" = String, Path, description = "The SKU, percent-encoded."), Headers),
    responses(Done<Changed>, Problems)
)]
pub(super) async fn discontinue(
    State(state): State<Arc<WriteState>>, call: Call, Path(sku): Path<Sku>, NoBody(raw): NoBody,
) -> Result<Response, Problem> {
    let envelope = call.envelope(&state, &DISCONTINUE, sku.as_str(), &raw)?;
    let command = ProductCommand::Discontinue;
    let outcome = call.execute(&state.commands.products, sku.as_str(), &command, &envelope).await?;
    changed(&state, sku.as_str(), &outcome).await
}
