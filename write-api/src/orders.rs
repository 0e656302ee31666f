mod answer;
mod cancel;
mod confirm;
mod delete;
mod edit;
mod hold;
mod place;
mod place_draft;
mod release;
mod wanted;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use self::answer::{EditedAnswer, OrderAnswer, OrderLine};
use crate::state::WriteState;

pub(crate) fn routes() -> OpenApiRouter<Arc<WriteState>> {
    OpenApiRouter::new()
        .routes(routes!(place::place))
        .routes(routes!(edit::edit, delete::delete))
        .routes(routes!(place_draft::place_draft))
        .routes(routes!(confirm::confirm))
        .routes(routes!(hold::hold))
        .routes(routes!(release::release))
        .routes(routes!(cancel::cancel))
}
