//! From rows to answers: every statement gives the position first, then the key of a row, and then the rest of it.
//!
//! Where there is no row, the position stands in one alone, beside a key that is null.

use orderflow_engine::Position;
use sqlx::{Arguments, Decode, Encode, Postgres, Row, Type, postgres::PgArguments, postgres::PgRow};

use super::error;
use crate::views::{Answer, ViewError};

/// The column of a row's key, after that of the position.
pub(super) const KEY: usize = 1;

/// The values of a statement's parameters, in their order.
#[derive(Default)]
pub(super) struct Parameters(pub(super) PgArguments);

impl Parameters {
    pub(super) fn with<'t>(mut self, value: impl Encode<'t, Postgres> + Type<Postgres>) -> Self {
        self.0.add(value).expect("text, numbers and truth values can always be sent");
        self
    }
}

/// One row's columns, taken from left to right.
pub(super) struct Columns<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn take<T: Decode<'r, Postgres> + Type<Postgres>>(&mut self) -> sqlx::Result<T> {
        let column = self.next;
        self.next += 1;
        self.row.try_get(column)
    }

    /// Versions and counts are never negative.
    pub(super) fn unsigned(&mut self) -> sqlx::Result<u64> {
        self.take::<i64>().map(i64::cast_unsigned)
    }
}

/// A list.
pub(super) fn list<T>(
    rows: &[PgRow], decode: impl Fn(&mut Columns<'_>) -> sqlx::Result<T>,
) -> crate::views::Result<Vec<T>> {
    let decoded = || -> sqlx::Result<(Option<i64>, Vec<T>)> {
        let position = rows.first().map(|row| row.try_get(0)).transpose()?.flatten();
        let mut values = Vec::with_capacity(rows.len());
        for row in rows {
            if row.try_get::<Option<&str>, _>(KEY)?.is_some() {
                values.push(decode(&mut Columns { row, next: KEY })?);
            }
        }
        Ok((position, values))
    };
    let (position, value) = decoded().map_err(error::failed)?;
    // A view that does not serve has no position.
    let position = position.ok_or(ViewError::NotReady)?;
    Ok(Answer { position: self::position(position), value })
}

/// One row, or none.
pub(super) fn one<T>(
    rows: &[PgRow], decode: impl Fn(&mut Columns<'_>) -> sqlx::Result<T>,
) -> crate::views::Result<Option<T>> {
    let Answer { position, mut value } = list(rows, decode)?;
    Ok(Answer { position, value: value.pop() })
}

pub(super) fn position(stored: i64) -> Position {
    Position(stored.cast_unsigned())
}
