use std::sync::Arc;

use axum::{extract::State, response::Response};
use orderflow_core::{Sku, product::ProductCommand};
use orderflow_http::{JsonBody, Path, Problem};

use crate::{
    answer::{Changed, changed},
    body::{At, Errors, PriceBody},
    call::{Call, Key, Operation},
    openapi::{Done, Headers, Problems},
    state::WriteState,
};

const REPRICE: Operation = Operation::on("POST /products/{sku}/price", Key::Accepted);

fn check(price: PriceBody) -> Result<ProductCommand, Problem> {
    let mut errors = Errors::default();
    let price = errors.price(price, At::Body("amount"), At::Body("currency"));
    errors.check(price.map(|(price, currency)| ProductCommand::ChangePrice { price, currency }))
}

/// Change the price of a product. Orders that are placed keep the price of their day.
#[utoipa::path(
    post, path = "/api/v1/products/{sku}/price", tag = "products",
    params(("sku" = String, Path, description = "The SKU, percent-encoded."), Headers),
    request_body = PriceBody, responses(Done<Changed>, Problems)
)]
pub(super) async fn reprice(
    State(state): State<Arc<WriteState>>, call: Call, Path(sku): Path<Sku>, body: JsonBody<PriceBody>,
) -> Result<Response, Problem> {
    let command = check(body.value)?;
    let envelope = call.envelope(&state, &REPRICE, sku.as_str(), &body.raw)?;
    let outcome = call.execute(&state.commands.products, sku.as_str(), &command, &envelope).await?;
    changed(&state, sku.as_str(), &outcome).await
}
