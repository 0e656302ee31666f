//! `GET /products` and `GET /products/{sku}`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use orderflow_core::Sku;
use orderflow_http::{IfNoneMatch, OrderflowAfter, Page, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{
    caller::Caller,
    describe::{After, Known, Refusals},
    documents::ProductDocument,
    listing::Listing,
    problems::{Refused, not_found},
    reply,
    state::ReadState,
    views::{ProductRow, Words},
};

#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Words: each is the beginning of a word of the product's SKU or description.
    q: Option<String>,
    /// 1 to 1000; 50 when left out.
    #[serde(skip_serializing)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before, with the same words.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// The catalogue, by SKU.
#[utoipa::path(
    get, path = "/api/v1/products", tag = "catalogue",
    params(Parameters, After),
    responses(
        (status = 200, body = Page<ProductDocument>, headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
            ("Link" = String, description = "The next page, if there is one."),
        )),
        Refusals,
    ),
)]
pub(crate) async fn list_products(
    State(state): State<ReadState>, caller: Caller, uri: Uri, Query(parameters): Query<Parameters>,
    after: OrderflowAfter,
) -> Result<Response, Problem> {
    let listing = Listing::of("products", &caller, &state, &parameters, parameters.limit)?;
    let slice = listing.slice(parameters.cursor.as_deref())?;
    let words = parameters.q.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(Words::of);
    state.caught_up(after, &["products"]).await?;
    let answer = state.views().products(&caller.tenant, words, slice).await.map_err(Problem::refused)?;
    listing.cut(answer, |row: &ProductRow| Arc::<str>::from(&*row.sku)).respond(&uri, ProductDocument::new)
}

/// One product.
#[utoipa::path(
    get, path = "/api/v1/products/{sku}", tag = "catalogue",
    params(
        ("sku" = String, Path),
        Known,
        After,
    ),
    responses(
        (status = 200, body = ProductDocument, headers(
            ("ETag" = String, description = "The version, such as \"v17\"."),
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
        )),
        (status = 304, description = "The caller has this version."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such product."),
        Refusals,
    ),
)]
pub(crate) async fn get_product(
    State(state): State<ReadState>, caller: Caller, Path(sku): Path<Sku>, after: OrderflowAfter, known: IfNoneMatch,
) -> Result<Response, Problem> {
    state.caught_up(after, &["products"]).await?;
    let answer = state.views().product(&caller.tenant, &sku).await.map_err(Problem::refused)?;
    match answer.value {
        None => Ok(reply::with_position(answer.position, not_found("product"))),
        Some(row) => {
            reply::versioned(answer.position, row.version, &known, || reply::json(&ProductDocument::new(&row)?))
        }
    }
}
