//! Views as the projector makes them, empty, for tests of statements.

use orderflow_core::views::ALL;
use orderflow_projector::{SqliteTarget, Target};
use rusqlite::{Connection, Params};

/// The file is gone with the directory.
pub(super) struct Views {
    pub(super) directory: tempfile::TempDir,
    pub(super) connection: Connection,
}

impl Views {
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("views.db");
        let target = SqliteTarget::open(&path).unwrap();
        for projection in &ALL {
            target.ensure(projection.view).await.unwrap();
        }
        let connection = super::connect::open(&path).unwrap();
        Self { directory, connection }
    }

    /// How SQLite carries a statement out.
    pub(super) fn plan(&self, sql: &str, params: impl Params) -> String {
        let mut prepared = self.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let rows = prepared.query_map(params, |row| row.get::<_, String>(3)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }
}
