use super::*;

#[test]
fn an_order_is_placed_whole() {
    given::<Order>([]).when(place(new_lines())).then_once([placed()]);
    for history in [in_draft(), vec![placed()], in_confirmed(), in_shipping(), in_completed(), in_cancelled()] {
        given::<Order>(history).when(place(new_lines())).then_rejected(OrderRejection::AlreadyExists);
    }
}

#[test]
fn an_order_has_one_to_a_thousand_lines() {
    let many = |count| vec![new_line("85048", 1, dec!(1), "GBP"); count];
    given::<Order>([]).when(place(many(0))).then_rejected(OrderRejection::NoLines);
    assert!(Order::decide(&OrderState::New, &place(many(MAX_LINES))).is_ok());
    given::<Order>([]).when(place(many(MAX_LINES + 1))).then_rejected(OrderRejection::TooManyLines);
}

#[test]
fn an_order_comes_to_ten_thousand_million_at_most() {
    assert_eq!(MAX_TOTAL, dec!(10000000000));
    let most = new_line("85048", 10, dec!(1000000000), "GBP");
    let one_more = new_line("22041", 1, dec!(0.01), "GBP");
    assert!(Order::decide(&OrderState::New, &place(vec![most.clone()])).is_ok());
    given::<Order>([]).when(place(vec![most, one_more])).then_rejected(OrderRejection::TotalTooLarge);
    let largest = vec![new_line("85048", 1_000_000, dec!(1000000000), "GBP"); MAX_LINES];
    given::<Order>([]).when(place(largest)).then_rejected(OrderRejection::TotalTooLarge);
}

#[test]
fn an_order_has_no_more_of_one_sku_than_a_line_may_have() {
    let lines = |name| vec![new_line("85048", 999_999, dec!(0.01), "GBP"), new_line(name, 2, dec!(0.01), "GBP")];
    let too_many = OrderRejection::TooManyPieces { sku: sku("85048") };
    given::<Order>([]).when(place(lines("85048"))).then_rejected(too_many);
    assert!(Order::decide(&OrderState::New, &place(lines("22041"))).is_ok());
}

#[test]
fn an_order_is_in_one_currency() {
    let lines = vec![new_line("85048", 1, dec!(1), "GBP"), new_line("22041", 1, dec!(1), "EUR")];
    let mixed = OrderRejection::MixedCurrencies { order: Currency::GBP, line: currency("EUR") };
    given::<Order>([]).when(place(lines)).then_rejected(mixed);
}

#[test]
fn a_line_total_is_rounded_half_to_even_and_the_order_sums_line_totals() {
    let halves = vec![new_line("A", 5, dec!(0.005), "GBP"), new_line("B", 3, dec!(0.005), "GBP")];
    let events = Order::decide(&OrderState::New, &place(halves)).unwrap();
    let order = Order::fold(&events);
    let totals: Vec<_> = order.lines().iter().map(|line| line.total.to_string()).collect();
    // 0.025 and 0.015: their sum, rounded at once, would be as large; each alone goes to the even penny.
    assert_eq!(totals, ["0.02", "0.02"]);
    assert_eq!(order.total().to_string(), "0.04");
}

#[test]
fn a_placed_order_waits_for_stock_and_payment() {
    let order = Order::fold(&[placed()]);
    assert_eq!(order.status(), Some(OrderStatus::Placed));
    assert_eq!((order.fulfilment(), order.payment()), (FulfilmentStatus::None, PaymentStatus::None));
    assert_eq!((order.on_hold(), order.placed_at()), (None, Some(at(0))));
    assert_eq!((order.lines(), order.total()), (&lines()[..], dec!(91.80)));
    let known = order.particulars().unwrap();
    assert_eq!((known.reference, known.payment_token), (Some("489434"), "tok_approve"));
    assert_eq!((known.currency, known.customer, known.country), (Currency::GBP, None, None));
}
