//! `GET /stock` and `GET /stock/{sku}`

use std::sync::Arc;

use axum::{extract::State, http::Uri, response::Response};
use orderflow_core::Sku;
use orderflow_engine::Position;
use orderflow_http::{IfNoneMatch, OrderflowAfter, Page, Path, Problem, Query};

use crate::{
    caller::Caller,
    describe::{After, Known, Refusals},
    documents::StockDocument,
    listing::{Listing, Paging},
    problems::{Refused, not_found},
    reply,
    state::ReadState,
    views::{Answer, StockRow},
};

/// The stock of every SKU, by SKU.
#[utoipa::path(
    get, path = "/api/v1/stock", tag = "stock",
    params(Paging, After),
    responses(
        (status = 200, body = Page<StockDocument>, headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
            ("Link" = String, description = "The next page, if there is one."),
        )),
        Refusals,
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
        Known,
        After,
    ),
    responses(
        (status = 200, body = StockDocument, headers(
            ("ETag" = String, description = "The version, such as \"v17\"."),
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
        )),
        (status = 304, description = "The caller has this version."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no stock of such a SKU."),
        Refusals,
    ),
)]
pub(crate) async fn get_stock_item(
    State(state): State<ReadState>, caller: Caller, Path(sku): Path<Sku>, after: OrderflowAfter, known: IfNoneMatch,
) -> Result<Response, Problem> {
    let answer = find(&state, &caller, &sku, after).await?;
    match answer.value {
        None => Ok(reply::with_position(answer.position, not_found("SKU in stock"))),
        Some(row) => reply::versioned(answer.position, row.version, &known, || reply::json(&StockDocument::new(&row))),
    }
}

async fn find(
    state: &ReadState, caller: &Caller, sku: &Sku, after: OrderflowAfter,
) -> Result<Answer<Option<StockRow>>, Problem> {
    let cached = |turn| async move {
        let found = state.cache()?.stock_item(turn, &caller.tenant, sku, after.0.map(Position)).await?;
        Some(Answer { position: found.position, value: Some(found.value) })
    };
    let viewed = async {
        state.caught_up(after, &["stock"]).await?;
        state.views().stock_item(&caller.tenant, sku).await.map_err(Problem::refused)
    };
    state.cached_or(cached, viewed).await
}
