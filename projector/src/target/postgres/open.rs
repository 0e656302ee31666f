//! Reaching the server, and making the schema or bringing it up to date.

use std::{str::FromStr, sync::Arc, time::Duration};

use orderflow_engine::Cause;
use sqlx::{
    ConnectOptions, Connection, PgPool, Row,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{
    super::TargetError,
    locks,
    session::{PATIENCE, STATEMENT_MS, Session, statement},
};

/// What the statements below make, and this program reads and writes.
const VERSION: i64 = 1;

/// The statements that lead from each version to the next one.
const MIGRATIONS: &[&[&str]] = &[&[
    include_str!("sql/0001/01_create_generations.sql"),
    include_str!("sql/0001/02_create_generations_by_role.sql"),
    include_str!("sql/0001/03_create_checkpoints.sql"),
    include_str!("sql/0001/04_create_positions.sql"),
    include_str!("sql/0001/05_create_parked.sql"),
    include_str!("sql/0001/06_create_dead_letters.sql"),
    include_str!("sql/0001/07_create_followers.sql"),
    include_str!("sql/0001/08_create_retired.sql"),
    include_str!("sql/0001/09_create_workers.sql"),
    include_str!("sql/0001/10_create_leases.sql"),
    include_str!("sql/0001/11_insert_leases.sql"),
    include_str!("sql/0001/12_create_secrets.sql"),
    include_str!("sql/0001/13_create_fence.sql"),
]];

/// How every session is set up, whatever the server's defaults are.
const EVERY_SESSION: &[(&str, &str)] = &[
    ("search_path", "orderflow_views"),
    ("default_transaction_isolation", "read committed"),
    // A server that crashes may forget the last commits, but never one before another: rows and checkpoint stay in
    // step, and the projector brings the views forward again from where they are. Waiting for the disk gains nothing.
    ("synchronous_commit", "off"),
    ("lock_timeout", "5s"),
    // A worker that stops in the middle of a write must not keep the others from its slices for long.
    ("idle_in_transaction_session_timeout", "5s"),
    // The server is told to notice a client that is gone; the client notices by its own time-outs.
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
    ("jit", "off"),
];

/// A connection that has not been used for longer is asked whether it still works.
const ASK_AFTER: Duration = Duration::from_secs(1);

/// How a target is run.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// What this worker is called, for people; two workers may be called the same.
    pub worker: String,
    /// Connections for everything that is quick; what takes long opens one of its own.
    pub connections: u32,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { worker: "projector".to_owned(), connections: 5 }
    }
}

/// Why views cannot be kept in a database.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PostgresOpenError {
    #[error("this is not a URL of a Postgres database, write postgres://USER@HOST/DATABASE: {reason}")]
    Url { reason: String },
    #[error("the URL of the database of views names no user: write postgres://USER@HOST/DATABASE")]
    NoUser,
    #[error("the URL of the database of views names no database: write postgres://USER@HOST/DATABASE")]
    NoDatabase,
    #[error("{place} refuses the user '{user}': check name, password and rights: {reason}")]
    Refused { place: String, user: String, reason: Cause },
    #[error("{place} is not there: create it, or name another one: {reason}")]
    NoSuchDatabase { place: String, reason: Cause },
    #[error("{place} cannot be reached: check the address and whether the server runs: {reason}")]
    Unreachable { place: String, reason: Cause },
    #[error("the views in {place} were made by a newer program (schema {found}, known {VERSION}): start that one")]
    Newer { place: String, found: i64 },
    #[error("the schema of the views in {place} cannot be made: {reason}")]
    Schema { place: String, reason: Cause },
}

/// A pool that has been tried out, and the name under which this worker holds leases.
pub(super) async fn open(url: &str, options: &PostgresOptions) -> Result<(PgPool, Arc<str>), PostgresOpenError> {
    let (address, place) = parse(url)?;
    // The pool would try again until its time is up, and then say nothing but that.
    match tokio::time::timeout(PATIENCE, address.connect()).await {
        Ok(connected) => drop(connected.map_err(|error| refusal(error, &address, &place))?),
        Err(_) => return Err(PostgresOpenError::Unreachable { place, reason: Cause::new("no answer") }),
    }
    let pool = PgPoolOptions::new()
        .max_connections(options.connections.max(2))
        .acquire_timeout(PATIENCE)
        .idle_timeout(Duration::from_secs(60))
        .max_lifetime(None)
        // To ask each time whether the server is still there would cost every write a round trip.
        .test_before_acquire(false)
        .before_acquire(|connection, taken| {
            Box::pin(async move {
                if taken.idle_for > ASK_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(address);
    let failed = |reason: TargetError| PostgresOpenError::Schema { place: place.clone(), reason: reason.0 };
    if let Some(found) = migrate(&pool).await.map_err(failed)? {
        return Err(PostgresOpenError::Newer { place, found });
    }
    let number = next_worker(&pool).await.map_err(failed)?;
    Ok((pool, format!("{}#{number}", options.worker).into()))
}

/// Two processes are never one worker, whatever they are called. So this is not forgotten in a crash either.
async fn next_worker(pool: &PgPool) -> Result<i64, TargetError> {
    let mut session = Session::begin(pool).await?;
    session.run(statement("SET LOCAL synchronous_commit = on")).await?;
    let row = session.row(statement(include_str!("sql/next_worker.sql"))).await?;
    session.commit().await?;
    Ok(row.ok_or_else(|| TargetError::new("no number was given"))?.try_get(0)?)
}

fn parse(url: &str) -> Result<(PgConnectOptions, String), PostgresOpenError> {
    let invalid = |reason: String| PostgresOpenError::Url { reason };
    let Some((scheme, rest)) = url.split_once("://") else { return Err(invalid("it has no scheme".to_owned())) };
    if !["postgres", "postgresql"].contains(&scheme) {
        return Err(invalid(format!("its scheme is '{scheme}'")));
    }
    let address = PgConnectOptions::from_str(url).map_err(|error| invalid(error.to_string()))?;
    let (server, query) = rest.split_once('?').unwrap_or((rest, ""));
    let user = server.split('/').next().and_then(|authority| authority.rsplit_once('@')).map_or("", |(user, _)| user);
    let in_query = query.split('&').any(|pair| pair.strip_prefix("user=").is_some_and(|user| !user.is_empty()));
    // Otherwise it would be whoever runs this process, which in a container is anybody.
    if (user.is_empty() || user.starts_with(':')) && !in_query {
        return Err(PostgresOpenError::NoUser);
    }
    let Some(database) = address.get_database() else { return Err(PostgresOpenError::NoDatabase) };
    let place = match address.get_socket() {
        Some(socket) => format!("the database '{database}' at {}", socket.display()),
        None => format!("the database '{database}' at {}:{}", address.get_host(), address.get_port()),
    };
    let address = address
        .options(EVERY_SESSION.iter().copied())
        .options([("statement_timeout", STATEMENT_MS)])
        .application_name("orderflow-projector")
        .statement_cache_capacity(500)
        .disable_statement_logging();
    Ok((address, place))
}

fn refusal(error: sqlx::Error, address: &PgConnectOptions, place: &str) -> PostgresOpenError {
    let place = place.to_owned();
    let code = error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
    let reason = Cause::new(error);
    match code.as_deref() {
        Some("28000" | "28P01" | "42501") => {
            PostgresOpenError::Refused { place, user: address.get_username().to_owned(), reason }
        }
        Some("3D000") => PostgresOpenError::NoSuchDatabase { place, reason },
        Some(_) | None => PostgresOpenError::Unreachable { place, reason },
    }
}

/// Brings the schema up to date; tells its version when that is one this program does not know.
async fn migrate(pool: &PgPool) -> Result<Option<i64>, TargetError> {
    // Looked at without a lock first: most starts find everything as it should be.
    match version(pool).await? {
        Some(VERSION) => return Ok(None),
        Some(newer) if newer > VERSION => return Ok(Some(newer)),
        Some(_) | None => {}
    }
    let mut session = Session::begin(pool).await?;
    session.row(locks::within_transaction(locks::MIGRATION)).await?;
    session.run(statement(include_str!("sql/create_schema.sql"))).await?;
    session.run(statement(include_str!("sql/create_meta.sql"))).await?;
    let found = session.row(statement(include_str!("sql/schema_version.sql"))).await?;
    let found: i64 = found.map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
    if found > VERSION {
        return Ok(Some(found));
    }
    let missing = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found..)).unwrap_or_default();
    for version in missing {
        for sql in *version {
            session.run(statement(sql)).await?;
        }
    }
    session.run(statement(include_str!("sql/set_schema_version.sql")).bind(VERSION)).await?;
    session.commit().await?;
    Ok(None)
}

async fn version(pool: &PgPool) -> Result<Option<i64>, TargetError> {
    let mut session = Session::take(pool).await?;
    let there = session.row(statement(include_str!("sql/has_meta.sql"))).await?;
    if !there.map(|row| row.try_get(0)).transpose()?.unwrap_or(false) {
        session.end();
        return Ok(None);
    }
    let found = session.row(statement(include_str!("sql/schema_version.sql"))).await?;
    session.end();
    Ok(found.map(|row| row.try_get(0)).transpose()?)
}
