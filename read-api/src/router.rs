//! The routes, and their description.

use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    admin::{processes, stream},
    analytics::{funnel, sales, top_products},
    customers, orders, products, shipments,
    state::ReadState,
    stock,
};

/// Every endpoint, without its state. Paths are whole: a nested router would take every request's address apart.
fn api() -> OpenApiRouter<ReadState> {
    OpenApiRouter::new()
        .routes(routes!(orders::get::get_order))
        .routes(routes!(orders::list::list_orders))
        .routes(routes!(orders::timeline::order_timeline))
        .routes(routes!(customers::customer_orders))
        .routes(routes!(products::list_products))
        .routes(routes!(products::get_product))
        .routes(routes!(stock::list_stock))
        .routes(routes!(stock::get_stock_item))
        .routes(routes!(shipments::list_shipments))
        .routes(routes!(shipments::get_shipment))
        .routes(routes!(sales::sales))
        .routes(routes!(top_products::top_products))
        .routes(routes!(funnel::funnel))
        .routes(routes!(stream::get_stream))
        .routes(routes!(processes::list_processes))
        .routes(routes!(processes::get_process))
}

/// The read API, ready to be served, and its OpenAPI document.
pub fn router(state: ReadState) -> (axum::Router, OpenApi) {
    let (router, document) = api().with_state(state).split_for_parts();
    (router, introduced(document))
}

/// What there is to read of fulfilment processes, for whoever runs them.
pub fn processes_router(state: ReadState) -> axum::Router {
    OpenApiRouter::new()
        .routes(routes!(stream::get_stream))
        .routes(routes!(processes::list_processes))
        .routes(routes!(processes::get_process))
        .with_state(state)
        .into()
}

/// The OpenAPI document alone.
#[must_use]
pub fn document() -> OpenApi {
    introduced(api().into_openapi())
}

fn introduced(mut document: OpenApi) -> OpenApi {
    document.info.title = "Orderflow read API".to_owned();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.info.description = Some(DESCRIPTION.to_owned());
    document
}

const DESCRIPTION: &str = "\
What can be asked of orders, products, stock, shipments and sales.

Answers are as fresh as the view they come from, and say how fresh in `Orderflow-Position`. Sent back as \
`Orderflow-After`, the position of an earlier answer (of a write, say) makes a read wait up to two seconds until the view \
is there; if it is not by then, the answer is 503 with `Retry-After`. Lists are paged: `next_cursor` fits the same list \
with the same filters only.";
