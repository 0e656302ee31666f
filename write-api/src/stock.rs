mod adjust;
mod receive;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::WriteState;

pub(crate) fn routes() -> OpenApiRouter<Arc<WriteState>> {
    OpenApiRouter::new().routes(routes!(receive::receive)).routes(routes!(adjust::adjust))
}
