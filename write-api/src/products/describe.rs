use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{Sku, product::ProductCommand};
use orderflow_http::{JsonBody, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Description;
use crate::{
    answer::{Changed, changed},
    body::{At, Errors, Field, Text},
    call::{Call, Key, Operation},
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const DESCRIBE: Operation = Operation::on("PATCH /products/{sku}", Key::Accepted);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DescribeProduct {
    #[serde(default)]
    #[schema(value_type = String, max_length = 500, example = "PINK CHERRY LIGHTS")]
    description: Field<Description>,
}

impl DescribeProduct {
    fn check(self) -> Result<ProductCommand, Problem> {
        let mut errors = Errors::default();
        let description = errors.required(self.description, At::Body("description"));
        errors.check(description.map(|Text(description)| ProductCommand::Describe { description }))
    }
}

/// Describe a product anew. Orders that are placed keep the description of their day.
#[utoipa::path(
    patch, path = "/api/v1/products/{sku}", tag = "products",
    params(("sku" = String, Path, description = "The SKU, percent-encoded."), Headers),
    request_body = DescribeProduct, responses(Done<Changed>, Problems)
)]
pub(super) async fn describe(
    State(state): State<Arc<WriteState>>, call: Call, Path(sku): Path<Sku>, body: JsonBody<DescribeProduct>,
) -> Result<Response, Problem> {
    let command = body.value.check()?;
    let envelope = call.envelope(&state, &DESCRIBE, sku.as_str(), &body.raw)?;
    let outcome = call.execute(&state.commands.products, sku.as_str(), &command, &envelope).await?;
    changed(&state, sku.as_str(), &outcome).await
}
