mod describe;
mod discontinue;
mod list;
mod relist;
mod reprice;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{body::Text, state::WriteState};

/// What a product is called.
type Description = Text<500>;

pub(crate) fn routes() -> OpenApiRouter<Arc<WriteState>> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(describe::describe, discontinue::discontinue))
        .routes(routes!(reprice::reprice))
        .routes(routes!(relist::relist))
}
