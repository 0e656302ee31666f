//! The contracts, printed: OpenAPI documents and the JSON Schemas of events.

use std::io::{self, Write};

use anyhow::bail;
use clap::ValueEnum;
use utoipa::openapi::OpenApi;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Api {
    Write,
    Read,
}

pub(crate) fn print(api: Api) -> anyhow::Result<()> {
    let document: OpenApi = match api {
        Api::Write => orderflow_write_api::document(),
        Api::Read => orderflow_read_api::document(),
    };
    writeln!(io::stdout(), "{}", document.to_pretty_json()?)?;
    Ok(())
}

pub(crate) fn print_schemas(kind: Option<&str>) -> anyhow::Result<()> {
    let mut schemas = orderflow_core::schemas();
    if let Some(kind) = kind {
        schemas.retain(|(name, _)| *name == kind);
        if schemas.is_empty() {
            bail!("there is no event type '{kind}': 'orderflow schema' prints them all");
        }
    }
    let by_kind: serde_json::Map<String, serde_json::Value> =
        schemas.into_iter().map(|(kind, schema)| (kind.to_owned(), schema.into())).collect();
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&by_kind)?)?;
    Ok(())
}

/// The documents of the APIs that are served here, and an offline page to try them from.
pub(crate) fn pages(documents: Vec<(Api, OpenApi)>) -> axum::Router {
    let url = |api: &Api| match api {
        Api::Write => utoipa_swagger_ui::Url::new("Write API", "/api-docs/write.json"),
        Api::Read => utoipa_swagger_ui::Url::new("Read API", "/api-docs/read.json"),
    };
    let urls = documents.into_iter().map(|(api, document)| (url(&api), document)).collect();
    axum::Router::new().merge(utoipa_swagger_ui::SwaggerUi::new("/docs").urls(urls))
}
