use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{Sku, product::ProductCommand};
use orderflow_http::{JsonBody, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Description;
use crate::{
    answer::{Changed, created},
    body::{At, Errors, Field, PriceBody, Text},
    call::{Call, Key, Operation},
    openapi::{Done, Headers, Made, Problems},
    state::WriteState,
};

const LIST: Operation = Operation::new("POST /products", Key::Accepted);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListProduct {
    /// The retailer's own name of the product: 1 to 64 characters.
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, max_length = 64, example = "85048")]
    sku: Field<Sku>,
    #[serde(default)]
    #[schema(value_type = String, max_length = 500, example = "15CM CHRISTMAS GLASS BALL 20 LIGHTS")]
    description: Field<Description>,
    price: Option<PriceBody>,
}

impl ListProduct {
    fn check(self) -> Result<(Sku, ProductCommand), Problem> {
        let mut errors = Errors::default();
        let sku = errors.required(self.sku, At::Body("sku"));
        let description = errors.required(self.description, At::Body("description"));
        let price = match self.price {
            Some(price) => errors.price(price, At::Body("price/amount"), At::Body("price/currency")),
            None => {
                errors.add(At::Body("price"), "is missing: give an amount and a currency");
                None
            }
        };
        errors.check(sku.zip(description).zip(price).map(|((sku, Text(description)), (price, currency))| {
            (sku.clone(), ProductCommand::List { sku, description, price, currency })
        }))
    }
}

/// List a product, so that it can be ordered.
///
/// A product that is listed already with exactly these particulars is left as it is, and answered with 200.
#[utoipa::path(
    post, path = "/api/v1/products", tag = "products",
    params(Headers), request_body = ListProduct, responses(Made<Changed>, Done<Changed>, Problems)
)]
pub(super) async fn list(
    State(state): State<Arc<WriteState>>, call: Call, body: JsonBody<ListProduct>,
) -> Result<Response, Problem> {
    let (sku, command) = body.value.check()?;
    let envelope = call.envelope(&state, &LIST, "", &body.raw)?;
    let outcome = call.execute(&state.commands.products, sku.as_str(), &command, &envelope).await?;
    created(&state, "products", sku.as_str(), &outcome).await
}
