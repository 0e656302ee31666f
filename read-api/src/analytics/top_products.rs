//! `GET /analytics/top-products`

use axum::{extract::State, response::Response};
use orderflow_core::Currency;
use orderflow_http::{OrderflowAfter, Page, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    caller::Caller,
    describe::{After, Refusals},
    documents::RankedProductDocument,
    listing::{MAX_LIMIT, limit},
    problems::Refused,
    reply,
    state::ReadState,
    views::Ranking,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// What makes a product a top one: `revenue`, which is meant when it is left out, or `units`.
    #[param(inline)]
    by: Option<Ranking>,
    /// Sales in this currency only: amounts of different ones do not compare.
    #[param(value_type = Option<String>, example = "GBP")]
    currency: Option<Currency>,
    /// 1 to 1000; 10 when left out.
    limit: Option<usize>,
}

/// The products that sold best.
#[utoipa::path(
    get, path = "/api/v1/analytics/top-products", tag = "analytics",
    params(Parameters, After),
    responses(
        (status = 200, body = Page<RankedProductDocument>, description = "One item per product and currency; there is no next page.", headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
        )),
        Refusals,
    ),
)]
pub(crate) async fn top_products(
    State(state): State<ReadState>, caller: Caller, Query(parameters): Query<Parameters>, after: OrderflowAfter,
) -> Result<Response, Problem> {
    let limit = limit(parameters.limit, 10, MAX_LIMIT)?;
    let ranking = parameters.by.unwrap_or(Ranking::Revenue);
    state.caught_up(after, &["sales_by_product", "products"]).await?;
    let answer = state
        .views()
        .top_products(&caller.tenant, ranking, parameters.currency, limit)
        .await
        .map_err(Problem::refused)?;
    let items = answer.value.iter().map(RankedProductDocument::new).collect::<Result<Vec<_>, _>>()?;
    Ok(reply::at(answer.position, Page { items, next_cursor: None }))
}
