//! Which processes want to be woken, from the view of them.

use sqlx::{PgPool, Row};

use super::{
    super::TargetError,
    session::{Session, statement},
};

/// Tenants and ids of the instances of a process whose deadline has come, longest overdue first.
pub(super) async fn due(
    pool: &PgPool, process: &'static str, now_micros: i64, limit: u32,
) -> Result<Vec<(String, String)>, TargetError> {
    let mut session = Session::take(pool).await?;
    let select = statement(include_str!("sql/due.sql")).bind(process).bind(now_micros).bind(i64::from(limit));
    let found = session.rows(select).await?;
    session.end();
    found.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}
