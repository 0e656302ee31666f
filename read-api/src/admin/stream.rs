//! `GET /admin/streams/{name}`

use axum::{extract::State, http::Uri, response::Response};
use orderflow_engine::{EventReader, RawEvent, StreamName, Version};
use orderflow_http::{OrderflowAfter, Page, Path, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    caller::Caller,
    describe::{After, Refusals},
    documents::StreamEventDocument,
    listing::{Listing, MAX_LIMIT, limit},
    problems::{Refused, not_found},
    reply,
    state::ReadState,
    views::Answer,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Events above this version; all of them when it is left out.
    after: Option<u64>,
    /// 1 to 1000; 100 when left out.
    limit: Option<usize>,
    /// The `next_cursor` of the page before, in place of `after`.
    cursor: Option<String>,
}

/// The events of a stream as they are stored, in order.
#[utoipa::path(
    get, path = "/api/v1/admin/streams/{name}", tag = "admin",
    params(
        ("name" = String, Path, example = "stock-85048"),
        Parameters,
        After,
    ),
    responses(
        (status = 200, body = Page<StreamEventDocument>, headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
            ("Link" = String, description = "The next page, if there is one."),
        )),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such stream."),
        Refusals,
    ),
)]
pub(crate) async fn get_stream(
    State(state): State<ReadState>, caller: Caller, Path(name): Path<String>, uri: Uri,
    Query(parameters): Query<Parameters>, after: OrderflowAfter,
) -> Result<Response, Problem> {
    let stream =
        StreamName::parse(name.as_str()).map_err(|invalid| Problem::invalid_parameter("name", invalid.to_string()))?;
    let listing = Listing {
        name: "stream",
        tenant: &caller.tenant,
        filters: &name,
        key: state.cursors(),
        limit: limit(parameters.limit, 100, MAX_LIMIT)?,
    };
    let cursor: Option<u64> = listing.open(parameters.cursor.as_deref())?;
    let version = Version(cursor.or(parameters.after).unwrap_or(0));
    let position = state.log_caught_up(after).await?;
    // Another tenant's stream is none for this one.
    if stream.tenant_str() != caller.tenant.as_str() {
        return Ok(reply::with_position(position, not_found("stream")));
    }
    let read = |after, limit| state.log().read_stream(&stream, after, limit);
    let value = read(version, listing.limit + 1).await.map_err(Problem::refused)?;
    if value.is_empty()
        && (version == Version::ZERO || read(Version::ZERO, 1).await.map_err(Problem::refused)?.is_empty())
    {
        return Ok(reply::with_position(position, not_found("stream")));
    }
    let cut = listing.cut(Answer { position, value }, |event: &RawEvent| event.version.0);
    cut.respond(&uri, StreamEventDocument::new)
}
