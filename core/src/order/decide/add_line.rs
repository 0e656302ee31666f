use super::{Decision, lines};
use crate::order::{LineAdded, MAX_LINES, NewLine, OrderEvent, OrderRejection, OrderState};

/// Adds one more line each time: an order may have several lines of one SKU.
pub(super) fn decide(state: &OrderState, line: &NewLine) -> Decision {
    let draft = state.draft()?;
    if draft.lines.len() >= MAX_LINES {
        return Err(OrderRejection::TooManyLines);
    }
    let line = lines::priced(draft.next_line, line, draft.drafted.currency)?;
    Ok(vec![OrderEvent::LineAdded(LineAdded { line })])
}
