//! Processes, longest unchanged first.

use orderflow_engine::Tenant;
use rusqlite::{OptionalExtension, Row};

use super::{SqliteViews, by_status, unsigned};
use crate::views::{
    question::{Place, ProcessStatus, Slice},
    row::ProcessRow,
};

const VIEW: &str = "processes";

const ONE: &str = "
    SELECT updated_at, id, process, status, step, reason, deadline, started_at, version FROM processes
    WHERE tenant = ?1 AND id = ?2";

const LIST: by_status::List = by_status::List {
    view: "processes",
    time: "updated_at",
    columns: "updated_at, id, process, status, step, reason, deadline, started_at, version",
    statuses: ProcessStatus::NAMES,
};

impl SqliteViews {
    pub(in crate::views) fn process(&self, tenant: &Tenant, id: &str) -> crate::views::Result<Option<ProcessRow>> {
        self.point(VIEW, |connection| {
            connection.prepare_cached(ONE)?.query_row((tenant.as_str(), id), process).optional()
        })
    }

    pub(in crate::views) async fn processes(
        &self, tenant: &Tenant, status: Option<ProcessStatus>, slice: Slice<Place>,
    ) -> crate::views::Result<Vec<ProcessRow>> {
        let tenant = tenant.clone();
        self.scan(&[VIEW], move |connection| {
            let (at, after) = slice.begins_after();
            let mut statement = connection.prepare_cached(&LIST.sql(status.map(ProcessStatus::as_str)))?;
            statement.query_map((tenant.as_str(), at, after, slice.limit as i64), process)?.collect()
        })
        .await
    }
}

fn process(row: &Row<'_>) -> rusqlite::Result<ProcessRow> {
    Ok(ProcessRow {
        updated_at: row.get(0)?,
        id: row.get(1)?,
        process: row.get(2)?,
        status: row.get(3)?,
        step: row.get(4)?,
        reason: row.get(5)?,
        deadline: row.get(6)?,
        started_at: row.get(7)?,
        version: unsigned(row, 8)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::sqlite::fixture::Views;

    #[tokio::test]
    async fn lists_are_read_in_the_order_of_their_index() {
        let views = Views::new().await;
        let index = "INDEX processes__g1__by_status (tenant=? AND status=? AND (updated_at,id)>(?,?))";
        for (status, times) in [(Some("parked"), 1), (None, ProcessStatus::NAMES.len())] {
            let plan = views.plan(&LIST.sql(status), ("default", 0, "", 50));
            assert_eq!(plan.matches(index).count(), times, "{plan}");
            assert!(status.is_none() || !plan.contains("TEMP"), "{plan}");
        }
    }
}
