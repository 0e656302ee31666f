//! `GET /customers/{id}/orders`

use axum::{extract::State, http::Uri, response::Response};
use orderflow_core::CustomerId;
use orderflow_http::{OrderflowAfter, Page, Path, Problem, Query};

use crate::{
    caller::Caller,
    describe::{After, Refusals},
    documents::OrderSummary,
    orders::{OrderFilters, respond_with_orders},
    state::ReadState,
};

/// A customer's orders, newest placed first.
#[utoipa::path(
    get, path = "/api/v1/customers/{id}/orders", tag = "orders",
    params(("id" = uuid::Uuid, Path), OrderFilters, After),
    responses(
        (status = 200, description = "Empty for a customer who has no orders, or is none.", body = Page<OrderSummary>, headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
            ("Link" = String, description = "The next page, if there is one."),
        )),
        Refusals,
    ),
)]
pub(crate) async fn customer_orders(
    State(state): State<ReadState>, caller: Caller, Path(id): Path<CustomerId>, uri: Uri,
    Query(filters): Query<OrderFilters>, after: OrderflowAfter,
) -> Result<Response, Problem> {
    respond_with_orders(&state, &caller, &uri, filters.of_customer(id)?, after).await
}
