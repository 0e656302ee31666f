use super::Decision;
use crate::{
    Quantity,
    order::{Line, LineChanged, OrderEvent, OrderRejection, OrderState, state::place_of},
};

pub(super) fn decide(state: &OrderState, line: u32, quantity: Quantity) -> Decision {
    let draft = state.draft()?;
    let place = place_of(&draft.lines, line).ok_or(OrderRejection::NoSuchLine { line })?;
    let known = &draft.lines[place];
    if known.quantity == quantity {
        return Ok(vec![]);
    }
    let total = known.unit_price.times(quantity, draft.drafted.currency);
    Ok(vec![OrderEvent::LineChanged(LineChanged { line: Line { quantity, total, ..known.clone() } })])
}
