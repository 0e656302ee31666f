use serde::Serialize;
use utoipa::ToSchema;

use super::time::from_micros;
use crate::views::{ProcessRow, ProcessStatus};

/// A conversation between streams, and where it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Process)]
pub(crate) struct ProcessDocument<'a> {
    /// Of a fulfilment process: the order's id.
    id: &'a str,
    #[schema(example = "fulfilment")]
    process: &'a str,
    #[schema(value_type = ProcessStatus)]
    status: &'a str,
    /// What it is about to do, or waits for.
    #[schema(example = "authorize_payment")]
    step: &'a str,
    reason: Option<&'a str>,
    /// When it wants to be woken.
    #[schema(format = DateTime)]
    deadline: Option<String>,
    #[schema(format = DateTime)]
    started_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    /// As in its ETag.
    version: u64,
}

impl<'a> ProcessDocument<'a> {
    pub(crate) fn new(row: &'a ProcessRow) -> Self {
        Self {
            id: &row.id,
            process: &row.process,
            status: &row.status,
            step: &row.step,
            reason: row.reason.as_deref(),
            deadline: row.deadline.map(from_micros),
            started_at: from_micros(row.started_at),
            updated_at: from_micros(row.updated_at),
            version: row.version,
        }
    }
}
