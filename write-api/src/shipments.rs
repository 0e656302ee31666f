mod deliver;
mod dispatch;
mod fail;
mod pack;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::WriteState;

pub(crate) fn routes() -> OpenApiRouter<Arc<WriteState>> {
    OpenApiRouter::new()
        .routes(routes!(pack::pack))
        .routes(routes!(dispatch::dispatch))
        .routes(routes!(deliver::deliver))
        .routes(routes!(fail::fail))
}
