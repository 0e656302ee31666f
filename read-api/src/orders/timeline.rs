//! `GET /orders/{id}/timeline`

use axum::{extract::State, http::Uri, response::Response};
use orderflow_core::{OrderId, streams_of};
use orderflow_engine::{EventReader, Position, RawEvent, StreamName, Tenant, Version};
use orderflow_http::{OrderflowAfter, Page, Path, Problem, Query};
use orderflow_stores::AnyReader;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{
    caller::Caller,
    describe::{After, Refusals},
    documents::TimelineEntry,
    listing::{Listing, MAX_LIMIT, limit},
    problems::{Refused, not_found},
    reply,
    state::ReadState,
    views::Answer,
};

const PAGE: usize = 1000;

#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// 1 to 1000, which is also what is given when it is left out.
    #[serde(skip_serializing)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// Every event of an order, its payment, its fulfilment and its shipments, oldest first: who did what, and why.
#[utoipa::path(
    get, path = "/api/v1/orders/{id}/timeline", tag = "orders",
    params(("id" = uuid::Uuid, Path), Parameters, After),
    responses(
        (status = 200, body = Page<TimelineEntry>, headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
        )),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such order."),
        Refusals,
    ),
)]
pub(crate) async fn order_timeline(
    State(state): State<ReadState>, caller: Caller, Path(id): Path<OrderId>, uri: Uri,
    Query(parameters): Query<Parameters>, after: OrderflowAfter,
) -> Result<Response, Problem> {
    let listing = Listing {
        name: "timeline",
        tenant: &caller.tenant,
        filters: &id,
        key: state.cursors(),
        limit: limit(parameters.limit, MAX_LIMIT, MAX_LIMIT)?,
    };
    let shown: Option<u64> = listing.open(parameters.cursor.as_deref())?;
    let position = state.log_caught_up(after).await?;
    let mut events = story(state.log(), &caller.tenant, id, position).await?;
    if events.is_empty() {
        return Ok(reply::with_position(position, not_found("order")));
    }
    events.retain(|event| shown.is_none_or(|shown| event.position.0 > shown));
    events.sort_by_key(|event| event.position);
    let cut = listing.cut(Answer { position, value: events }, |event: &RawEvent| event.position.0);
    cut.respond(&uri, TimelineEntry::new)
}

/// What belongs to an order, up to a position, in no order; nothing when there is no such order.
async fn story(log: &AnyReader, tenant: &Tenant, id: OrderId, until: Position) -> Result<Vec<RawEvent>, Problem> {
    let mut events = Vec::new();
    // The order's own stream is the first one, and an order without a stream has nothing else.
    for stream in streams_of(tenant, id, 0) {
        read(log, &stream, until, &mut events).await?;
        if events.is_empty() {
            return Ok(events);
        }
    }
    // Shipments are numbered without gaps.
    for number in 1.. {
        let shipments = streams_of(tenant, id, number);
        let Some(stream) = shipments.last() else { break };
        let before = events.len();
        read(log, stream, until, &mut events).await?;
        if events.len() == before {
            break;
        }
    }
    Ok(events)
}

async fn read(
    log: &AnyReader, stream: &StreamName, until: Position, events: &mut Vec<RawEvent>,
) -> Result<(), Problem> {
    let mut after = Version::ZERO;
    loop {
        let page = log.read_stream(stream, after, PAGE).await.map_err(Problem::refused)?;
        let full = page.len() == PAGE;
        after = page.last().map_or(after, |event| event.version);
        events.extend(page.into_iter().filter(|event| event.position <= until));
        if !full {
            return Ok(());
        }
    }
}
