//! The tables, and how they came to be: numbered migrations, each made once, whoever starts first.

use sqlx::{Connection, PgConnection};

use super::{
    connect::Address,
    error::{OpenError, connecting},
};

/// The statements of each migration. What has been released is never changed: a new shape is a new migration.
const MIGRATIONS: &[&[&str]] = &[&[
    include_str!("sql/0001/01_create_streams.sql"),
    include_str!("sql/0001/02_create_kinds.sql"),
    include_str!("sql/0001/03_create_events.sql"),
    include_str!("sql/0001/04_create_head.sql"),
    include_str!("sql/0001/05_insert_head.sql"),
    include_str!("sql/0001/06_create_writers.sql"),
    include_str!("sql/0001/07_alter_writers.sql"),
    include_str!("sql/0001/08_create_snapshots.sql"),
    include_str!("sql/0001/09_create_append.sql"),
]];

const NEWEST: i32 = MIGRATIONS.len() as i32;

/// The key of the advisory lock that those who migrate take: "ORDFEVNT".
const LOCK: i64 = 0x4f52_4446_4556_4e54;

/// Brings the schema up to date. Needs no rights to change it when it is.
pub(super) async fn migrate(connection: &mut PgConnection, address: &Address) -> Result<(), OpenError> {
    if look(connection, address).await? == Some(NEWEST) {
        return Ok(());
    }
    let failed = connecting(&address.place);
    // Whoever else starts now waits here, and finds nothing left to do. The lock is taken before the transaction:
    // inside one, a session does not notice that a schema it has missed before has come into being.
    let lock = sqlx::query(include_str!("sql/lock_schema.sql")).bind(LOCK);
    lock.execute(&mut *connection).await.map_err(&failed)?;
    let found = look(connection, address).await?.unwrap_or(0);
    let missing = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found..)).unwrap_or_default();
    if !missing.is_empty() {
        let mut transaction = connection.begin().await.map_err(&failed)?;
        let prepare = [include_str!("sql/create_schema.sql"), include_str!("sql/create_schema_version.sql")];
        for statement in [&[&prepare[..]], missing].concat().concat() {
            sqlx::raw_sql(statement).execute(&mut *transaction).await.map_err(&failed)?;
        }
        let version = sqlx::query(include_str!("sql/set_schema_version.sql")).bind(NEWEST);
        version.execute(&mut *transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
    }
    let unlock = sqlx::query(include_str!("sql/unlock_schema.sql")).bind(LOCK);
    unlock.execute(connection).await.map(drop).map_err(&failed)
}

/// For those who only read: refuses what is not there or not as it should be.
pub(super) async fn check(connection: &mut PgConnection, address: &Address) -> Result<(), OpenError> {
    let place = || address.place.clone();
    match look(connection, address).await? {
        None => Err(OpenError::Missing { place: place() }),
        Some(found) if found < NEWEST => Err(OpenError::Older { place: place(), found, known: NEWEST }),
        Some(_) => Ok(()),
    }
}

/// The number of the last migration that was made. A newer one than this program knows is an error.
async fn look(connection: &mut PgConnection, address: &Address) -> Result<Option<i32>, OpenError> {
    let failed = connecting(&address.place);
    let has_version = sqlx::query_scalar(include_str!("sql/has_schema_version.sql"));
    if !has_version.fetch_one(&mut *connection).await.map_err(&failed)? {
        return Ok(None);
    }
    let version = sqlx::query_scalar(include_str!("sql/schema_version.sql"));
    let found: Option<i32> = version.fetch_optional(&mut *connection).await.map_err(&failed)?;
    match found {
        Some(found) if found > NEWEST => Err(OpenError::Newer { place: address.place.clone(), found, known: NEWEST }),
        found => Ok(found),
    }
}
