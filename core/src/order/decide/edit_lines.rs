use orderflow_engine::Decider;

use super::{Decision, Order, add_line, change_line, remove_line};
use crate::order::{LineEdit, OrderState};

/// Each edit meets the lines as those before it left them; one that is refused refuses them all.
pub(super) fn decide(state: &OrderState, edits: &[LineEdit]) -> Decision {
    state.draft()?;
    let mut edited = state.clone();
    let mut events = Vec::with_capacity(edits.len());
    for edit in edits {
        let decided = match edit {
            LineEdit::Add(line) => add_line::decide(&edited, line),
            LineEdit::Change { line, quantity } => change_line::decide(&edited, *line, *quantity),
            LineEdit::Remove { line } => remove_line::decide(&edited, *line),
        }?;
        edited = decided.iter().fold(edited, Order::evolve);
        events.extend(decided);
    }
    Ok(events)
}
