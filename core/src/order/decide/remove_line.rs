use super::Decision;
use crate::order::{LineRemoved, OrderEvent, OrderRejection, OrderState, state::place_of};

/// A number that was given out and is not there was removed before.
pub(super) fn decide(state: &OrderState, line: u32) -> Decision {
    let draft = state.draft()?;
    if place_of(&draft.lines, line).is_some() {
        Ok(vec![OrderEvent::LineRemoved(LineRemoved { line })])
    } else if (1..draft.next_line).contains(&line) {
        Ok(vec![])
    } else {
        Err(OrderRejection::NoSuchLine { line })
    }
}
