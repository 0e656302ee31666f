//! `GET /shipments` and `GET /shipments/{id}`

use axum::{extract::State, http::Uri, response::Response};
use orderflow_core::{OrderId, ShipmentId};
use orderflow_http::{IfNoneMatch, OrderflowAfter, Page, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{
    caller::Caller,
    describe::{After, Known, Refusals},
    documents::ShipmentDocument,
    listing::Listing,
    problems::{Refused, not_found},
    reply,
    state::ReadState,
    views::{Place, ShipmentFilter, ShipmentRow, ShipmentStatus},
};

#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    #[param(inline)]
    status: Option<ShipmentStatus>,
    /// Only those of this order.
    #[param(value_type = Option<uuid::Uuid>)]
    order: Option<OrderId>,
    /// 1 to 1000; 50 when left out.
    #[serde(skip_serializing)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before, with the same filters.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// Shipments, oldest first: what whoever packs and carries looks at again and again.
#[utoipa::path(
    get, path = "/api/v1/shipments", tag = "shipments",
    params(Parameters, After),
    responses(
        (status = 200, body = Page<ShipmentDocument>, headers(
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
            ("Link" = String, description = "The next page, if there is one."),
        )),
        Refusals,
    ),
)]
pub(crate) async fn list_shipments(
    State(state): State<ReadState>, caller: Caller, uri: Uri, Query(parameters): Query<Parameters>,
    after: OrderflowAfter,
) -> Result<Response, Problem> {
    let listing = Listing::of("shipments", &caller, &state, &parameters, parameters.limit)?;
    let slice = listing.slice(parameters.cursor.as_deref())?;
    let filter = ShipmentFilter { status: parameters.status, order: parameters.order };
    state.caught_up(after, &["shipments"]).await?;
    let answer = state.views().shipments(&caller.tenant, filter, slice).await.map_err(Problem::refused)?;
    let place = |row: &ShipmentRow| Place { at: row.requested_at, id: row.id.clone() };
    listing.cut(answer, place).respond(&uri, ShipmentDocument::new)
}

/// One shipment.
#[utoipa::path(
    get, path = "/api/v1/shipments/{id}", tag = "shipments",
    params(
        ("id" = uuid::Uuid, Path),
        Known,
        After,
    ),
    responses(
        (status = 200, body = ShipmentDocument, headers(
            ("ETag" = String, description = "The version, such as \"v17\"."),
            ("Orderflow-Position" = u64, description = "The position of the log that the answer is true at."),
        )),
        (status = 304, description = "The caller has this version."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such shipment."),
        Refusals,
    ),
)]
pub(crate) async fn get_shipment(
    State(state): State<ReadState>, caller: Caller, Path(id): Path<ShipmentId>, after: OrderflowAfter,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    state.caught_up(after, &["shipments"]).await?;
    let answer = state.views().shipment(&caller.tenant, id).await.map_err(Problem::refused)?;
    match answer.value {
        None => Ok(reply::with_position(answer.position, not_found("shipment"))),
        Some(row) => {
            reply::versioned(answer.position, row.version, &known, || reply::json(&ShipmentDocument::new(&row)?))
        }
    }
}
