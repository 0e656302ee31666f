//! Where a runner keeps its place, and finds who wants to be woken.

use std::future::Future;

use orderflow_engine::{Category, Cause, Position, Slices, StreamName, Timestamp};

#[derive(Debug, Clone, thiserror::Error)]
#[error("the views cannot be used: {0}")]
pub struct AgendaError(#[source] pub Cause);

/// An instance whose deadline has come. Ordered as they are looked through: longest overdue first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overdue {
    pub deadline: Timestamp,
    pub stream: StreamName,
}

/// What a runner asks of the views. Losing any of it costs time only: the log knows it all.
pub trait Agenda: Send + Sync + 'static {
    /// The place of a follower of the log with all of these slices; the start when it never kept one.
    fn checkpoint(
        &self, follower: &'static str, slices: Slices,
    ) -> impl Future<Output = Result<Position, AgendaError>> + Send;
    fn set_checkpoint(
        &self, follower: &'static str, slices: Slices, position: Position,
    ) -> impl Future<Output = Result<(), AgendaError>> + Send;
    /// Some of the instances whose deadline has come, in one order, from behind `after`; none only when there are no
    /// more.
    fn due(
        &self, process: Category, now: Timestamp, after: Option<&Overdue>,
    ) -> impl Future<Output = Result<Vec<Overdue>, AgendaError>> + Send;
}
