//! Which processes want to be woken, from the view of them.

use sqlx::{PgPool, Row};

use super::{
    super::TargetError,
    session::{Session, statement},
};

/// A deadline in microseconds, the tenant and the id of whose it is.
pub(crate) type Overdue = (i64, String, String);

/// The instances of a process whose deadline has come, longest overdue first, from behind `after`.
pub(super) async fn due(
    pool: &PgPool, process: &'static str, now_micros: i64, after: Overdue, limit: u32,
) -> Result<Vec<Overdue>, TargetError> {
    let (deadline, tenant, id) = after;
    let select = statement(include_str!("sql/due.sql"))
        .bind(process)
        .bind(now_micros)
        .bind(i64::from(limit))
        .bind(deadline)
        .bind(tenant)
        .bind(id);
    let mut session = Session::take(pool).await?;
    let found = session.rows(select).await?;
    session.end();
    found.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect()
}
