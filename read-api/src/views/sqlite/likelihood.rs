//! What the planner cannot know: nobody counts the values of a view's columns for it.
//!
//! Untold, it takes an equality on the first column of any key for ten rows, and the first column is always the tenant.

/// A condition that most rows fulfil.
pub(super) fn often(column: &str) -> String {
    format!("likelihood({column} = ?, 0.9)")
}

/// A condition that few rows fulfil, so that an index with this column is worth taking.
pub(super) fn seldom(column: &str) -> String {
    format!("likelihood({column} = ?, 0.0001)")
}
