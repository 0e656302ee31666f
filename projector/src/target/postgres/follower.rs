//! Where named followers of the log stand, slice by slice.

use orderflow_engine::{Position, Slices};
use sqlx::{PgPool, Row};

use super::{
    super::TargetError,
    schema::{integer, position},
    session::{Session, statement},
    write::number,
};

pub(super) async fn checkpoint(pool: &PgPool, name: &str, slices: Slices) -> Result<Position, TargetError> {
    let mut session = Session::take(pool).await?;
    let select = statement(include_str!("sql/follower.sql")).bind(name.to_owned()).bind(numbers(slices));
    let found = session.row(select).await?;
    session.end();
    Ok(position(found.map(|row| row.try_get(0)).transpose()?.unwrap_or(0)))
}

pub(super) async fn set_checkpoint(
    pool: &PgPool, name: &str, slices: Slices, position: Position,
) -> Result<(), TargetError> {
    let mut session = Session::take(pool).await?;
    let upsert = statement(include_str!("sql/set_follower.sql"));
    session.run(upsert.bind(name.to_owned()).bind(numbers(slices)).bind(integer(position.0))).await?;
    session.end();
    Ok(())
}

fn numbers(slices: Slices) -> Vec<i16> {
    slices.iter().map(number).collect()
}
