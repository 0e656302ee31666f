//! `GET /admin/processes` and `GET /admin/processes/{id}`

use axum::{extract::State, http::Uri, response::Response};
use orderflow_http::{IfNoneMatch, OrderflowAfter, Page, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    caller::Caller,
    describe::{After, Known, Refusals},
    documents::ProcessDocument,
    listing::Listing,
    problems::{Refused, not_found},
    reply,
    state::ReadState,
    views::{Place, ProcessRow, ProcessStatus},
};

#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    #[param(inline)]
    status: Option<ProcessStatus>,
    /// 1 to 1000; 50 when left out.
    #[serde(skip_serializing)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before, with the same filters.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// Processes, those first that have not moved for longest.
#[utoipa::path(
    get, path = "/api/v1/admin/processes", tag = "admin",
    params(Parameters, After),
    responses(
        (status = 200, body = Page<ProcessDocument>, headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
            ("Link" = String, description = "The next page, if there is one."),
        )),
        Refusals,
    ),
)]
pub(crate) async fn list_processes(
    State(state): State<ReadState>, caller: Caller, uri: Uri, Query(parameters): Query<Parameters>,
    after: OrderflowAfter,
) -> Result<Response, Problem> {
    let listing = Listing::of("processes", &caller, &state, &parameters, parameters.limit)?;
    let slice = listing.slice(parameters.cursor.as_deref())?;
    state.caught_up(after, &["processes"]).await?;
    let answer = state.views().processes(&caller.tenant, parameters.status, slice).await.map_err(Problem::refused)?;
    let place = |row: &ProcessRow| Place { at: row.updated_at, id: row.id.clone() };
    listing.cut(answer, place).respond(&uri, |row| Ok(ProcessDocument::new(row)))
}

/// One process.
#[utoipa::path(
    get, path = "/api/v1/admin/processes/{id}", tag = "admin",
    params(
        ("id" = Uuid, Path, description = "Of a fulfilment process: the order's id."),
        Known,
        After,
    ),
    responses(
        (status = 200, body = ProcessDocument, headers(
            ("ETag" = String, description = "The version, such as \"v17\"."),
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
        )),
        (status = 304, description = "The caller has this version."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such process."),
        Refusals,
    ),
)]
pub(crate) async fn get_process(
    State(state): State<ReadState>, caller: Caller, Path(id): Path<Uuid>, after: OrderflowAfter, known: IfNoneMatch,
) -> Result<Response, Problem> {
    state.caught_up(after, &["processes"]).await?;
    let answer = state.views().process(&caller.tenant, &id.to_string()).await.map_err(Problem::refused)?;
    match answer.value {
        None => Ok(reply::with_position(answer.position, not_found("process"))),
        Some(row) => {
            reply::versioned(answer.position, row.version, &known, || reply::json(&ProcessDocument::new(&row)))
        }
    }
}
