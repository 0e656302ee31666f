//! Where views are: in a file, or in a database of a private Postgres.

use orderflow_projector::{AnyTarget, PostgresTarget, SqliteTarget};
use orderflow_read_api::{AnyViews, PostgresOptions, PostgresViews, SqliteOptions, SqliteViews};
use orderflow_test_servers::Postgres;

pub(crate) enum Home {
    /// The file is gone with the directory.
    File(tempfile::TempDir),
    /// Its URL.
    Server(String),
}

impl Home {
    pub(crate) fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    /// A new database of the server that all tests share.
    pub(crate) fn server() -> Self {
        Self::Server(Postgres::shared().database())
    }

    pub(crate) async fn target(&self) -> AnyTarget {
        match self {
            Self::File(_) => SqliteTarget::open(self.path()).unwrap().into(),
            Self::Server(url) => {
                let options = orderflow_projector::PostgresOptions::default();
                PostgresTarget::open(url, &options).await.unwrap().into()
            }
        }
    }

    pub(crate) fn views(&self) -> AnyViews {
        match self {
            Self::File(_) => AnyViews::Sqlite(SqliteViews::new(self.path(), SqliteOptions::default())),
            Self::Server(url) => AnyViews::Postgres(PostgresViews::open(url, PostgresOptions::default()).unwrap()),
        }
    }

    /// Does what no part of the program would do.
    pub(crate) async fn meddle(&self, in_file: &str, on_server: impl Into<String>) {
        match self {
            Self::File(_) => rusqlite::Connection::open(self.path()).unwrap().execute_batch(in_file).unwrap(),
            Self::Server(url) => meddle(url, on_server.into()).await,
        }
    }

    fn path(&self) -> std::path::PathBuf {
        match self {
            Self::File(directory) => directory.path().join("views.db"),
            Self::Server(url) => unreachable!("{url} is no file"),
        }
    }
}

pub(crate) async fn meddle(url: &str, sql: String) {
    use sqlx::Connection;
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
}
