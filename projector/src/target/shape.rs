//! What an update does to the columns of a row: there is a statement for each shape, and of shapes there are few.

use orderflow_engine::{
    View,
    projection::{Cell, Default},
};

use super::TargetError;

/// What is done to each column: 2 bits a column, from the lowest on.
pub(super) type Shape = u128;

pub(super) const KEEP: Shape = 0;
pub(super) const SET: Shape = 1;
const ADD: Shape = 2;

/// How many columns a [`Shape`] has room for.
const MAX_COLUMNS: usize = 64;

pub(super) fn check_columns(view: &View) -> Result<(), TargetError> {
    if view.columns.len() > MAX_COLUMNS {
        return Err(TargetError::new(format!("'{}' has more than {MAX_COLUMNS} columns: split the view", view.name)));
    }
    Ok(())
}

pub(super) fn shape(cells: &[Cell]) -> Shape {
    cells.iter().rev().fold(0, |shape, cell| {
        let bits = match cell {
            Cell::Keep => KEEP,
            Cell::Set(_) => SET,
            Cell::Add(_) => ADD,
        };
        shape << 2 | bits
    })
}

/// The shape of a whole row.
pub(super) fn whole(view: &View) -> Shape {
    view.columns.iter().fold(0, |shape, _| shape << 2 | SET)
}

/// What a shape does to the column of that place.
pub(super) fn at(shape: Shape, column: usize) -> Shape {
    shape >> (2 * column) & 3
}

/// What adding to a row that is not there begins from.
pub(super) fn base(default: Default) -> i64 {
    match default {
        Default::Int(value) => value,
        Default::Null | Default::Text(_) => 0,
    }
}
