//! The advisory locks by which workers keep out of each other's way.

use super::session::{Statement, statement};

/// While the schema beside the views is made or changed.
pub(super) const MIGRATION: i32 = 0;
/// While leases are shared out.
pub(super) const LEASES: i32 = 1;
/// For as long as a worker builds views anew.
pub(super) const REBUILD: i32 = 2;
/// Shared by those who write to what serves, so that whoever has it alone knows that nobody does. The function that
/// fences writes knows it by this number.
pub(super) const STANDSTILL: i32 = 3;
/// While generations begin, serve or retire.
pub(super) const GENERATIONS: i32 = 4;

/// Waits for a lock and has it until the transaction ends.
pub(super) fn within_transaction(lock: i32) -> Statement {
    statement(include_str!("sql/lock.sql")).bind(lock)
}
