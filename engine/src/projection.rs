//! Projections as data: a pure function from one event to row operations on a declared view.

mod coalesce;
mod view;

pub use self::{
    coalesce::{Cell, Changes, Merged},
    view::{Column, ColumnKind, Default, Index, View},
};
use crate::event::Recorded;

/// A value of a row. Money is kept in minor units, times in microseconds since the Unix epoch, both as `Int`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    Null,
    Int(i64),
    Text(std::sync::Arc<str>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The values of a view's key columns, in their declared order.
pub type Key = Vec<Value>;

/// One change to one row. Columns are named as the view declares them.
///
/// `Patch` and `Add` on a row that is not there begin from the defaults of the view's columns. `Add` is safe because
/// rows and checkpoint commit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// The whole row; columns left out take their defaults.
    Put(Vec<(&'static str, Value)>),
    Patch(Vec<(&'static str, Value)>),
    Add(Vec<(&'static str, i64)>),
    Delete,
}

/// The operations that one event causes on one view, in order.
#[derive(Debug, Clone, PartialEq, Eq, std::default::Default)]
pub struct Rows(pub Vec<(Key, Op)>);

impl Rows {
    pub fn put(&mut self, key: Key, row: Vec<(&'static str, Value)>) {
        self.0.push((key, Op::Put(row)));
    }

    pub fn patch(&mut self, key: Key, set: Vec<(&'static str, Value)>) {
        self.0.push((key, Op::Patch(set)));
    }

    pub fn add(&mut self, key: Key, deltas: Vec<(&'static str, i64)>) {
        self.0.push((key, Op::Add(deltas)));
    }

    pub fn delete(&mut self, key: Key) {
        self.0.push((key, Op::Delete));
    }
}

/// A view and the function that fills it from events of type `E`.
///
/// `project` MUST be a function of the event alone, so that any view can be dropped and rebuilt. A row that events of
/// several streams touch MUST only ever be added to: workers that share the view by slices of the streams apply events
/// of one stream in order, and those of several streams in any.
pub struct Projection<E: 'static> {
    pub view: &'static View,
    /// The kinds of events that `project` does anything with; the others are not even decoded.
    pub kinds: &'static [&'static str],
    pub project: fn(&Recorded<E>, &mut Rows),
}

impl<E> Clone for Projection<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Projection<E> {}
