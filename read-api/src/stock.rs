//! `GET /stock` and `GET /stock/{sku}`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use orderflow_core::Sku;
use orderflow_http::{IfNoneMatch, OrderflowAfter, Page, Path, Problem, Query};

use crate::{
    caller::Caller,
    documents::StockDocument,
    listing::{Listing, Paging},
    problems::{Refused, not_found},
    reply,
    state::ReadState,
    views::StockRow,
};

/// The stock of every SKU, by SKU.
#[utoipa::path(
    get, path = "/api/v1/stock", tag = "stock",
    params(Paging, ("Orderflow-After" = Option<u64>, Header, description = "The Orderflow-Position of an answer: this one is at least as fresh.")),
    responses(
        (status = 200, body = inline(Page<StockDocument>), headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
            ("Link" = String, description = "The next page, if there is one."),
        )),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "A parameter is not valid."),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "The view is not ready, or has not caught up, or too many reads are under way."),
    ),
)]
pub(crate) async fn list_stock(
    State(state): State<ReadState>, caller: Caller, uri: Uri, Query(paging): Query<Paging>, after: OrderflowAfter,
) -> Result<Response, Problem> {
    let listing = Listing::of("stock", &caller, &state, &paging, paging.limit)?;
    let slice = listing.slice(paging.cursor.as_deref())?;
    state.caught_up(after, &["stock"]).await?;
    let answer = state.views().stock(&caller.tenant, slice).await.map_err(Problem::refused)?;
    listing.cut(answer, |row: &StockRow| Arc::<str>::from(&*row.sku)).respond(&uri, |row| Ok(StockDocument::new(row)))
}

/// The stock of one SKU.
#[utoipa::path(
    get, path = "/api/v1/stock/{sku}", tag = "stock",
    params(
        ("sku" = String, Path),
        ("If-None-Match" = Option<String>, Header, description = "An ETag that the caller has: answered by 304 if it is still good."),
        ("Orderflow-After" = Option<u64>, Header, description = "The Orderflow-Position of an answer: this one is at least as fresh."),
    ),
    responses(
        (status = 200, body = inline(StockDocument), headers(
            ("ETag" = String, description = "The version, such as \"v17\"."),
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
        )),
        (status = 304, description = "The caller has this version."),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "The SKU is not valid."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no stock of such a SKU."),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "The view is not ready, or has not caught up."),
    ),
)]
pub(crate) async fn get_stock_item(
    State(state): State<ReadState>, caller: Caller, Path(sku): Path<Sku>, after: OrderflowAfter, known: IfNoneMatch,
) -> Result<Response, Problem> {
    state.caught_up(after, &["stock"]).await?;
    let answer = state.views().stock_item(&caller.tenant, &sku).map_err(Problem::refused)?;
    match answer.value {
        None => Ok(reply::with_position(answer.position, not_found("SKU in stock"))),
        Some(row) => reply::versioned(answer.position, row.version, &known, || reply::json(&StockDocument::new(&row))),
    }
}
