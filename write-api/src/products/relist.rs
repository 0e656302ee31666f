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

const RELIST: Operation = Operation::on("POST /products/{sku}/relist", Key::Accepted);

/// Relist a discontinued product, so that it can be ordered again.
#[utoipa::path(
    post, path = "/api/v1/products/{sku}/relist", tag = "products",
    params(("sku" = String, Path, description = "The SKU, percent-encoded."), Headers),
    responses(Done<Changed>, Problems)
)]
pub(super) async fn relist(
    State(state): State<Arc<WriteState>>, call: Call, Path(sku): Path<Sku>, NoBody(raw): NoBody,
) -> Result<Response, Problem> {
    let envelope = call.envelope(&state, &RELIST, sku.as_str(), &raw)?;
    let command = ProductCommand::Relist;
    let outcome = call.execute(&state.commands.products, sku.as_str(), &command, &envelope).await?;
    changed(&state, sku.as_str(), &outcome).await
}
