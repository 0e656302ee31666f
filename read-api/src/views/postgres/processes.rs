//! Processes, longest unchanged first.

use orderflow_engine::Tenant;

use super::{
    PostgresViews, by_status,
    rows::{self, Columns, Parameters},
};
use crate::views::{
    question::{Place, ProcessStatus, Slice},
    row::ProcessRow,
};

impl PostgresViews {
    pub(in crate::views) async fn process(
        &self, tenant: &Tenant, id: &str,
    ) -> crate::views::Result<Option<ProcessRow>> {
        let key = Parameters::default().with(tenant.as_str()).with(id);
        rows::one(&self.point(include_str!("sql/process.sql"), key).await?, process)
    }

    pub(in crate::views) async fn processes(
        &self, tenant: &Tenant, status: Option<ProcessStatus>, slice: Slice<Place>,
    ) -> crate::views::Result<Vec<ProcessRow>> {
        let status = status.map(ProcessStatus::as_str);
        let parameters = by_status::parameters(tenant, &slice, status, ProcessStatus::NAMES);
        rows::list(&self.scan(include_str!("sql/processes.sql"), parameters).await?, process)
    }
}

fn process(columns: &mut Columns<'_>) -> sqlx::Result<ProcessRow> {
    Ok(ProcessRow {
        id: columns.take()?,
        updated_at: columns.take()?,
        process: columns.take()?,
        status: columns.take()?,
        step: columns.take()?,
        reason: columns.take()?,
        deadline: columns.take()?,
        started_at: columns.take()?,
        version: columns.unsigned()?,
    })
}
