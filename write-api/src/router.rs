//! The routes of every endpoint, and their description.

use std::sync::Arc;

use axum::Router;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

use crate::{customers, openapi, orders, payments, products, shipments, state::WriteState, stock};

/// The endpoints under `/api/v1`, and their OpenAPI description. The edge of `orderflow-http` has to be put around
/// them.
pub fn router(state: WriteState) -> (Router, utoipa::openapi::OpenApi) {
    let (router, document) = routes().split_for_parts();
    (router.with_state(Arc::new(state)), document)
}

/// The OpenAPI description alone.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<WriteState>> {
    OpenApiRouter::with_openapi(openapi::Document::openapi())
        .merge(products::routes())
        .merge(stock::routes())
        .merge(orders::routes())
        .merge(shipments::routes())
        .merge(payments::routes())
        .merge(customers::routes())
}
