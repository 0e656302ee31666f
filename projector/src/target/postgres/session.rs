//! Connections on which everything ends in time.
//!
//! The server ends what takes too long there; here nobody waits much longer than that for an answer, because a network
//! that swallows everything would otherwise never be noticed. A connection on which anything went wrong is thrown away,
//! and the server then undoes what was not committed on it.

use std::{future::Future, time::Duration};

use sqlx::{
    AssertSqlSafe, ConnectOptions, PgConnection, PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::super::TargetError;

/// How long the server may take over a statement.
pub(super) const STATEMENT_MS: u64 = 8_000;
/// How long an answer may take to arrive.
pub(super) const PATIENCE: Duration = Duration::from_millis(STATEMENT_MS + 2_000);
/// How long a statement may take that nobody waits for.
const LONG_STATEMENT: &str = "1h";
/// How often a server that is at work on something long is asked whether it is still there.
const ASK_EVERY: Duration = Duration::from_secs(4);
/// How long it may take to say so, and how many times in a row it may fail to.
const ASK_FOR: Duration = Duration::from_secs(3);
const MISSED: u32 = 2;

/// What the server calls it when a lock was waited for in vain.
const LOCK_NOT_AVAILABLE: &str = "55P03";

pub(super) type Statement = Query<'static, Postgres, PgArguments>;

impl From<sqlx::Error> for TargetError {
    fn from(error: sqlx::Error) -> Self {
        Self::new(error)
    }
}

pub(super) fn statement(sql: &'static str) -> Statement {
    sqlx::query(sql)
}

/// For statements made of the declaration of a view: names that the program gives, never data.
pub(super) fn generated(sql: String) -> Statement {
    sqlx::query(AssertSqlSafe(sql))
}

pub(super) async fn in_time<T, E: Into<TargetError>>(
    what: impl Future<Output = Result<T, E>> + Send,
) -> Result<T, TargetError> {
    match tokio::time::timeout(PATIENCE, what).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err(TargetError::new(format!("no answer within {} ms", PATIENCE.as_millis()))),
    }
}

/// A connection taken from the pool for a few statements. Dropped before its end it is closed.
pub(super) struct Session(Option<PoolConnection<Postgres>>);

impl Session {
    pub(super) async fn take(pool: &PgPool) -> Result<Self, TargetError> {
        Ok(Self(Some(in_time(pool.acquire()).await?)))
    }

    pub(super) async fn begin(pool: &PgPool) -> Result<Self, TargetError> {
        let mut session = Self::take(pool).await?;
        in_time(sqlx::raw_sql("BEGIN").execute(session.connection()?)).await?;
        Ok(session)
    }

    pub(super) fn connection(&mut self) -> Result<&mut PgConnection, TargetError> {
        self.0.as_deref_mut().ok_or_else(|| TargetError::new("the connection is closed"))
    }

    /// How many rows a statement has changed.
    pub(super) async fn run(&mut self, statement: Statement) -> Result<u64, TargetError> {
        let connection = self.connection()?;
        Ok(in_time(statement.execute(connection)).await?.rows_affected())
    }

    /// Whether it was done: not when others kept what it needs locked for too long.
    pub(super) async fn run_unless_locked(&mut self, statement: Statement) -> Result<bool, TargetError> {
        let connection = self.connection()?;
        let done = async {
            match statement.execute(connection).await {
                Ok(_) => Ok(true),
                Err(error) => {
                    let code = error.as_database_error().and_then(|error| error.code());
                    if code.as_deref() == Some(LOCK_NOT_AVAILABLE) { Ok(false) } else { Err(error) }
                }
            }
        };
        in_time(done).await
    }

    pub(super) async fn rows(&mut self, statement: Statement) -> Result<Vec<PgRow>, TargetError> {
        let connection = self.connection()?;
        in_time(statement.fetch_all(connection)).await
    }

    pub(super) async fn row(&mut self, statement: Statement) -> Result<Option<PgRow>, TargetError> {
        let connection = self.connection()?;
        in_time(statement.fetch_optional(connection)).await
    }

    pub(super) async fn commit(mut self) -> Result<(), TargetError> {
        in_time(sqlx::raw_sql("COMMIT").execute(self.connection()?)).await?;
        self.end();
        Ok(())
    }

    pub(super) async fn roll_back(mut self) -> Result<(), TargetError> {
        in_time(sqlx::raw_sql("ROLLBACK").execute(self.connection()?)).await?;
        self.end();
        Ok(())
    }

    /// Gives the connection back, when no transaction is under way.
    pub(super) fn end(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Taken out of the pool first, where it would be waited for.
        drop(self.0.take().map(PoolConnection::detach));
    }
}

/// A connection of its own for what takes long, so that it keeps nobody waiting for one.
pub(super) async fn long(pool: &PgPool) -> Result<PgConnection, TargetError> {
    let options = pool.connect_options().as_ref().clone().options([("statement_timeout", LONG_STATEMENT)]);
    in_time(options.connect()).await
}

/// Does something long, for as long as the server answers others meanwhile.
pub(super) async fn watched<T, F: From<TargetError>>(
    pool: &PgPool, work: impl Future<Output = Result<T, F>> + Send,
) -> Result<T, F> {
    tokio::select! {
        done = work => done,
        silent = silence(pool) => Err(silent.into()),
    }
}

async fn silence(pool: &PgPool) -> TargetError {
    let mut missed = 0;
    loop {
        tokio::time::sleep(ASK_EVERY).await;
        match tokio::time::timeout(ASK_FOR, ask(pool)).await {
            Ok(Ok(())) => missed = 0,
            Ok(Err(_)) | Err(_) => missed += 1,
        }
        if missed == MISSED {
            return TargetError::new("the server is silent");
        }
    }
}

async fn ask(pool: &PgPool) -> Result<(), TargetError> {
    let mut session = Session::take(pool).await?;
    session.row(statement("SELECT 1")).await?;
    session.end();
    Ok(())
}
