//! `GET /orders`

use axum::{extract::State, http::Uri, response::Response};
use orderflow_core::{
    CustomerId,
    order::{FulfilmentStatus, OrderStatus, PaymentStatus},
};
use orderflow_engine::Position;
use orderflow_http::{OrderflowAfter, Page, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{
    caller::Caller,
    describe::{After, Refusals},
    documents::{OrderSummary, fulfilment_schema, parse_time, payment_schema, status_schema},
    listing::Listing,
    problems::Refused,
    state::ReadState,
    views::{Answer, OrderFilter, OrderPlace, OrderRow, OrderSearch, Slice},
};

/// All that are given must hold.
#[derive(Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrderFilters {
    /// Drafts are only listed when they are asked for.
    #[param(schema_with = status_schema)]
    status: Option<OrderStatus>,
    #[param(schema_with = fulfilment_schema)]
    fulfilment: Option<FulfilmentStatus>,
    #[param(schema_with = payment_schema)]
    payment: Option<PaymentStatus>,
    #[param(value_type = Option<uuid::Uuid>)]
    customer: Option<CustomerId>,
    country: Option<String>,
    /// The caller's own name for the order.
    reference: Option<String>,
    /// A time of RFC 3339, or a date: orders placed then or later.
    #[param(example = "2009-12-01T00:00:00Z")]
    placed_after: Option<String>,
    /// A time of RFC 3339, or a date: orders placed earlier.
    #[param(example = "2010-01-01")]
    placed_before: Option<String>,
    /// A whole id, the beginning of a number or of a reference, or words: each is the beginning of a word of the
    /// order's number, reference, country, or of a SKU or description of its lines. Drafts are not found by words.
    q: Option<String>,
    /// 1 to 1000; 50 when left out.
    #[serde(skip_serializing)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before, with the same filters.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

impl OrderFilters {
    /// Only a customer's own.
    pub(crate) fn of_customer(self, customer: CustomerId) -> Result<Self, Problem> {
        match self.customer {
            Some(other) if other != customer => {
                Err(Problem::invalid_parameter("customer", "the path names another customer: leave it out"))
            }
            Some(_) | None => Ok(Self { customer: Some(customer), ..self }),
        }
    }

    fn filter(&self) -> Result<OrderFilter, Problem> {
        let micros = |parameter, text: &Option<String>| {
            let time = text.as_deref().map(|text| parse_time(parameter, text)).transpose()?;
            Ok(time.map(|time| time.timestamp_micros()))
        };
        Ok(OrderFilter {
            status: self.status,
            fulfilment: self.fulfilment,
            payment: self.payment,
            customer: self.customer,
            country: self.country.as_deref().map(Into::into),
            reference: self.reference.as_deref().map(Into::into),
            placed_from: micros("placed_after", &self.placed_after)?,
            placed_until: micros("placed_before", &self.placed_before)?,
            search: self.q.as_deref().and_then(OrderSearch::of),
        })
    }
}

/// Orders, newest placed first.
#[utoipa::path(
    get, path = "/api/v1/orders", tag = "orders",
    params(OrderFilters, After),
    responses(
        (status = 200, body = Page<OrderSummary>, headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
            ("Link" = String, description = "The next page, if there is one."),
        )),
        Refusals,
    ),
)]
pub(crate) async fn list_orders(
    State(state): State<ReadState>, caller: Caller, uri: Uri, Query(filters): Query<OrderFilters>,
    after: OrderflowAfter,
) -> Result<Response, Problem> {
    respond_with_orders(&state, &caller, &uri, filters, after).await
}

pub(crate) async fn respond_with_orders(
    state: &ReadState, caller: &Caller, uri: &Uri, filters: OrderFilters, after: OrderflowAfter,
) -> Result<Response, Problem> {
    let listing = Listing::of("orders", caller, state, &filters, filters.limit)?;
    let slice = listing.slice(filters.cursor.as_deref())?;
    let filter = filters.filter()?;
    let answer = find(state, caller, filter, slice, after).await?;
    let place = |row: &OrderRow| OrderPlace { placed_at: row.placed_at, id: row.id.to_string() };
    listing.cut(answer, place).respond(uri, OrderSummary::new)
}

async fn find(
    state: &ReadState, caller: &Caller, filter: OrderFilter, slice: Slice<OrderPlace>, after: OrderflowAfter,
) -> Result<Answer<Vec<OrderRow>>, Problem> {
    // Only the newest of a customer are kept at hand.
    let (customer, limit) = (filter.only_customer().filter(|_| slice.after.is_none()), slice.limit);
    let cached = |turn| async move {
        state.cache()?.newest_orders(turn, &caller.tenant, customer?, limit, after.0.map(Position)).await
    };
    let viewed = async {
        state.caught_up(after, filter.views()).await?;
        state.views().orders(&caller.tenant, filter, slice).await.map_err(Problem::refused)
    };
    state.cached_or(cached, viewed).await
}
