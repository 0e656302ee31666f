mod activate;
mod deactivate;
mod register;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::WriteState;

pub(crate) fn routes() -> OpenApiRouter<Arc<WriteState>> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(activate::activate))
        .routes(routes!(deactivate::deactivate))
}
