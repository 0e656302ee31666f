use super::*;

fn draft(lines: Vec<NewLine>) -> OrderCommand {
    OrderCommand::Draft { particulars: particulars(), lines }
}

fn add(amount: Decimal, code: &str) -> OrderCommand {
    OrderCommand::AddLine { line: new_line("POST", 1, amount, code) }
}

fn added(line: Line) -> OrderEvent {
    OrderEvent::LineAdded(LineAdded { line })
}

fn change(line: u32, quantity: u32) -> OrderCommand {
    OrderCommand::ChangeLine { line, quantity: pieces(quantity) }
}

fn changed(line: Line) -> OrderEvent {
    OrderEvent::LineChanged(LineChanged { line })
}

fn removed(line: u32) -> OrderEvent {
    OrderEvent::LineRemoved(LineRemoved { line })
}

fn of_drafts_only(command: &OrderCommand) {
    refused(
        command,
        [
            (vec![], OrderRejection::Missing),
            (vec![placed()], OrderRejection::AlreadyPlaced),
            (in_confirmed(), OrderRejection::AlreadyPlaced),
            (in_shipping(), OrderRejection::AlreadyPlaced),
            (in_completed(), OrderRejection::AlreadyCompleted),
            (in_cancelled(), OrderRejection::AlreadyCancelled),
        ],
    );
}

#[test]
fn a_draft_begins_with_lines_or_without() {
    given::<Order>([]).when(draft(vec![])).then_once([drafted()]);
    given::<Order>([]).when(draft(new_lines())).then_once(in_draft());
    for history in [in_draft(), in_confirmed(), in_shipping(), in_completed(), in_cancelled(), vec![placed()]] {
        given::<Order>(history).when(draft(vec![])).then_rejected(OrderRejection::AlreadyExists);
    }
}

#[test]
fn a_line_is_added_with_the_next_number() {
    let third = added(line(3, "POST", 1, dec!(18), dec!(18.00)));
    given::<Order>(in_draft()).when(add(dec!(18), "GBP")).then_once([third]);
    let euros = OrderRejection::MixedCurrencies { order: Currency::GBP, line: currency("EUR") };
    given::<Order>(in_draft()).when(add(dec!(18), "EUR")).then_rejected(euros.clone());
    given::<Order>([]).when(draft(vec![new_line("POST", 1, dec!(18), "EUR")])).then_rejected(euros);
    of_drafts_only(&add(dec!(18), "GBP"));
}

#[test]
fn the_number_of_a_removed_line_is_not_used_again() {
    let without_last = then(in_draft(), [removed(2)]);
    let third = added(line(3, "POST", 1, dec!(18), dec!(18.00)));
    given::<Order>(without_last).when(add(dec!(18), "GBP")).then_once([third]);
}

#[test]
fn the_quantity_of_a_line_changes_and_its_total_with_it() {
    let less = changed(line(1, "85048", 2, dec!(6.95), dec!(13.90)));
    given::<Order>(in_draft()).when(change(1, 2)).then([less]);
    given::<Order>(in_draft()).when(change(1, 12)).then_nothing();
    given::<Order>(in_draft()).when(change(3, 2)).then_rejected(OrderRejection::NoSuchLine { line: 3 });
    of_drafts_only(&change(1, 2));
}

#[test]
fn a_line_is_removed_once() {
    let remove = |line| OrderCommand::RemoveLine { line };
    given::<Order>(in_draft()).when(remove(1)).then([removed(1)]);
    given::<Order>(in_draft()).when(remove(0)).then_rejected(OrderRejection::NoSuchLine { line: 0 });
    given::<Order>(in_draft()).when(remove(3)).then_rejected(OrderRejection::NoSuchLine { line: 3 });
    of_drafts_only(&remove(1));
}

#[test]
fn edits_are_decided_together_each_after_the_one_before() {
    let edit = |edits| OrderCommand::EditLines { edits };
    let post = || LineEdit::Add(new_line("POST", 1, dec!(18), "GBP"));
    let (one_more, gone) = (LineEdit::Change { line: 3, quantity: pieces(2) }, LineEdit::Remove { line: 1 });
    given::<Order>(in_draft()).when(edit(vec![gone, post(), one_more])).then_once([
        removed(1),
        added(line(3, "POST", 1, dec!(18), dec!(18.00))),
        changed(line(3, "POST", 2, dec!(18), dec!(36.00))),
    ]);
    let removed_before = vec![LineEdit::Remove { line: 1 }, LineEdit::Change { line: 1, quantity: pieces(2) }];
    given::<Order>(in_draft()).when(edit(removed_before)).then_rejected(OrderRejection::NoSuchLine { line: 1 });
    given::<Order>(in_draft()).when(edit(vec![])).then_nothing();
    of_drafts_only(&edit(vec![post()]));
}

#[test]
fn a_draft_has_no_more_lines_than_an_order_may_have() {
    let full = vec![new_line("85048", 1, dec!(1), "GBP"); MAX_LINES];
    let over = vec![new_line("85048", 1, dec!(1), "GBP"); MAX_LINES + 1];
    given::<Order>([]).when(draft(over)).then_rejected(OrderRejection::TooManyLines);
    let history = Order::decide(&OrderState::New, &draft(full)).unwrap();
    given::<Order>(history).when(add(dec!(18), "GBP")).then_rejected(OrderRejection::TooManyLines);
}

#[test]
fn a_draft_is_placed_with_its_lines_as_they_are_numbered() {
    let place_draft = || OrderCommand::PlaceDraft { placed_at: at(0) };
    given::<Order>(in_draft()).when(place_draft()).then([placed()]);

    let second_only = Placed { lines: lines().split_off(1), total: dec!(8.40), ..payload() };
    given::<Order>(then(in_draft(), [removed(1)])).when(place_draft()).then([OrderEvent::Placed(second_only)]);

    satisfied(&place_draft(), [vec![placed()], in_confirmed(), in_shipping(), in_completed()]);
    refused(
        &place_draft(),
        [
            (vec![], OrderRejection::Missing),
            (vec![drafted()], OrderRejection::NoLines),
            (in_cancelled(), OrderRejection::AlreadyCancelled),
        ],
    );
}

#[test]
fn a_draft_shows_its_lines_and_their_sum() {
    let draft = Order::fold(&then(in_draft(), [removed(1)]));
    assert_eq!((draft.status(), draft.total()), (Some(OrderStatus::Draft), dec!(8.40)));
    assert_eq!(draft.lines(), &lines()[1..]);
    assert_eq!((draft.placed_at(), draft.next_shipment_lines()), (None, vec![]));
}
