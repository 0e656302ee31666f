use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{Quantity, Sku, stock::StockCommand};
use orderflow_http::{JsonBody, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    answer::{Changed, changed},
    body::{At, Errors, Field},
    call::{Call, Key, Operation},
    openapi::{Done, KeyedHeaders, Problems},
    state::WriteState,
};

const RECEIVE: Operation = Operation::on("POST /stock/{sku}/receipts", Key::Required);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiveStock {
    #[serde(default)]
    #[schema(value_type = u32, minimum = 1, maximum = 1_000_000, example = 48)]
    quantity: Field<Quantity>,
}

impl ReceiveStock {
    fn check(self) -> Result<StockCommand, Problem> {
        let mut errors = Errors::default();
        let quantity = errors.required(self.quantity, At::Body("quantity"));
        errors.check(quantity.map(|quantity| StockCommand::Receive { quantity }))
    }
}

/// Receive pieces of a SKU.
#[utoipa::path(
    post, path = "/api/v1/stock/{sku}/receipts", tag = "stock",
    params(("sku" = String, Path, description = "The SKU, percent-encoded."), KeyedHeaders),
    request_body = ReceiveStock, responses(Done<Changed>, Problems)
)]
pub(super) async fn receive(
    State(state): State<Arc<WriteState>>, call: Call, Path(sku): Path<Sku>, body: JsonBody<ReceiveStock>,
) -> Result<Response, Problem> {
    let command = body.value.check()?;
    let envelope = call.envelope(&state, &RECEIVE, sku.as_str(), &body.raw)?;
    let outcome = call.execute(&state.commands.stock, sku.as_str(), &command, &envelope).await?;
    changed(&state, sku.as_str(), &outcome).await
}
