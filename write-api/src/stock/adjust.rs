use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{Sku, stock::StockCommand};
use orderflow_http::{JsonBody, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    answer::{Changed, changed},
    body::{At, Errors, Field, Reason, Text},
    call::{Call, Key, Operation},
    openapi::{Done, KeyedHeaders, Problems},
    state::WriteState,
};

const ADJUST: Operation = Operation::on("POST /stock/{sku}/adjustments", Key::Required);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AdjustStock {
    /// How many pieces more than in the books were counted; negative when fewer.
    #[serde(default)]
    #[schema(value_type = i64, minimum = -1_000_000_000, maximum = 1_000_000_000, example = -3)]
    delta: Field<i64>,
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, max_length = 500, example = "stock count")]
    reason: Field<Reason>,
}

impl AdjustStock {
    fn check(self) -> Result<StockCommand, Problem> {
        let mut errors = Errors::default();
        let delta = errors.required(self.delta, At::Body("delta"));
        let reason = errors.required_text(self.reason, At::Body("reason"));
        errors.check(delta.zip(reason).map(|(delta, Text(reason))| StockCommand::Adjust { delta, reason }))
    }
}

/// Adjust the books to a stock count. What is reserved must remain.
#[utoipa::path(
    post, path = "/api/v1/stock/{sku}/adjustments", tag = "stock",
    params(("sku" = String, Path, description = "The SKU, percent-encoded."), KeyedHeaders),
    request_body = AdjustStock, responses(Done<Changed>, Problems)
)]
pub(super) async fn adjust(
    State(state): State<Arc<WriteState>>, call: Call, Path(sku): Path<Sku>, body: JsonBody<AdjustStock>,
) -> Result<Response, Problem> {
    let command = body.value.check()?;
    let envelope = call.envelope(&state, &ADJUST, sku.as_str(), &body.raw)?;
    let outcome = call.execute(&state.commands.stock, sku.as_str(), &command, &envelope).await?;
    changed(&state, sku.as_str(), &outcome).await
}
