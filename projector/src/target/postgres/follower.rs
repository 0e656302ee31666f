//! Where named followers of the log stand, slice by slice.

use orderflow_engine::{Position, Slices};
use sqlx::{PgPool, Row};

use super::{
    super::TargetError,
    schema::{integer, position},
    session::{Session, statement},
    tenure::Held,
    write::number,
};

pub(super) async fn checkpoint(pool: &PgPool, name: &str, slices: Slices) -> Result<Position, TargetError> {
    let mut session = Session::take(pool).await?;
    let select = statement(include_str!("sql/follower.sql")).bind(name.to_owned()).bind(numbers(slices));
    let found = session.row(select).await?;
    session.end();
    Ok(position(found.map(|row| row.try_get(0)).transpose()?.unwrap_or(0)))
}

/// Keeps a position for those of the slices that are held, and fails when some are not. Whoever has given everything
/// back, because the program ends, has nothing to keep.
pub(super) async fn set_checkpoint(
    pool: &PgPool, held: &Held, name: &str, slices: Slices, position: Position,
) -> Result<(), TargetError> {
    let (mine, epochs) = held.epochs();
    if mine.is_empty() {
        return Ok(());
    }
    let upsert = statement(include_str!("sql/set_follower.sql"))
        .bind(name.to_owned())
        .bind(numbers(slices))
        .bind(held.worker().to_owned())
        .bind(mine)
        .bind(epochs)
        .bind(integer(position.0));
    let mut session = Session::take(pool).await?;
    let kept = session.run(upsert).await?;
    session.end();
    if kept < slices.len() as u64 {
        return Err(TargetError::new(format!("only {kept} of the slices {slices:?} are still this worker's")));
    }
    Ok(())
}

fn numbers(slices: Slices) -> Vec<i16> {
    slices.iter().map(number).collect()
}
