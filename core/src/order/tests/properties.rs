use std::collections::BTreeMap;

use orderflow_engine::Decider;
use proptest::prelude::*;
use rust_decimal::prelude::ToPrimitive;

use super::*;
use crate::testing::{
    Again, Step, any_amount, any_country, any_currency, any_price, any_quantity, any_shipment, any_sku, any_text,
    any_time, live, survives,
};

fn any_new_line(code: impl Strategy<Value = Currency>) -> impl Strategy<Value = NewLine> {
    (any_sku(), any_text(), any_quantity(), any_price(), code).prop_map(
        |(sku, description, quantity, unit_price, currency)| NewLine {
            sku,
            description,
            quantity,
            unit_price,
            currency,
        },
    )
}

/// Mostly of one currency: an order with several is refused.
fn any_new_lines(code: Currency) -> impl Strategy<Value = Vec<NewLine>> {
    let alike = prop::collection::vec(any_new_line(Just(code)), 0..4);
    prop_oneof![9 => alike, 1 => prop::collection::vec(any_new_line(any_currency()), 0..3)]
}

fn any_particulars(code: Currency) -> impl Strategy<Value = Particulars> {
    (any_country(), prop::option::of(any_text()), any_text()).prop_map(move |(country, reference, payment_token)| {
        Particulars { customer: None, country, currency: code, reference, payment_token }
    })
}

fn any_reason() -> impl Strategy<Value = CancelReason> {
    prop_oneof![
        Just(CancelReason::OutOfStock { short: short() }),
        any_text().prop_map(|reason| CancelReason::PaymentDeclined { reason }),
        Just(CancelReason::Expired),
        prop::option::of(any_text()).prop_map(|note| CancelReason::Requested { note }),
    ]
}

fn any_edit(code: Currency) -> impl Strategy<Value = LineEdit> {
    prop_oneof![
        any_new_line(Just(code)).prop_map(LineEdit::Add),
        (0..6_u32, any_quantity()).prop_map(|(line, quantity)| LineEdit::Change { line, quantity }),
        (0..6_u32).prop_map(|line| LineEdit::Remove { line }),
    ]
}

fn any_command(code: Currency) -> impl Strategy<Value = OrderCommand> {
    let opening = prop_oneof![
        (any_particulars(code), any_new_lines(code))
            .prop_map(|(particulars, lines)| OrderCommand::Draft { particulars, lines }),
        (any_particulars(code), any_new_lines(code), any_time())
            .prop_map(|(particulars, lines, placed_at)| OrderCommand::Place { particulars, lines, placed_at }),
    ];
    let drafting = prop_oneof![
        any_new_line(Just(code)).prop_map(|line| OrderCommand::AddLine { line }),
        (0..6_u32, any_quantity()).prop_map(|(line, quantity)| OrderCommand::ChangeLine { line, quantity }),
        (0..6_u32).prop_map(|line| OrderCommand::RemoveLine { line }),
        prop::collection::vec(any_edit(code), 0..4).prop_map(|edits| OrderCommand::EditLines { edits }),
        any_time().prop_map(|placed_at| OrderCommand::PlaceDraft { placed_at }),
    ];
    let confirming = prop_oneof![
        4 => Just(OrderCommand::ConfirmStock),
        4 => Just(OrderCommand::ConfirmPayment),
        1 => Just(OrderCommand::RejectStock { short: short() }),
        1 => any_text().prop_map(|reason| OrderCommand::FailPayment { reason }),
        1 => Just(OrderCommand::Confirm),
    ];
    let holding = prop_oneof![
        1 => any_text().prop_map(|reason| OrderCommand::Hold { reason }),
        2 => Just(OrderCommand::Release),
    ];
    let parcel = prop::collection::vec((1..4_u32, any_quantity()), 0..3);
    let shipping = prop_oneof![
        3 => (any_shipment(), parcel).prop_map(|(shipment, lines)| OrderCommand::RecordDispatch { shipment, lines }),
        2 => any_shipment().prop_map(|shipment| OrderCommand::RecordDelivery { shipment }),
    ];
    prop_oneof![
        4 => opening,
        6 => drafting,
        6 => confirming,
        3 => holding,
        9 => shipping,
        1 => any_reason().prop_map(|reason| OrderCommand::Cancel { reason }),
    ]
}

/// Orders as they come, half of them driven to where parcels leave.
fn any_commands() -> impl Strategy<Value = Vec<OrderCommand>> {
    any_currency().prop_flat_map(|code| {
        let lines = prop::collection::vec(any_new_line(Just(code)), 1..4);
        let driven = (any_particulars(code), lines, any_time()).prop_map(|(particulars, lines, placed_at)| {
            vec![
                OrderCommand::Place { particulars, lines, placed_at },
                OrderCommand::ConfirmStock,
                OrderCommand::ConfirmPayment,
            ]
        });
        let whole = (any_particulars(code), any_sku(), any_price()).prop_map(move |(particulars, sku, unit_price)| {
            let line = NewLine { sku, description: String::new(), quantity: pieces(2), unit_price, currency: code };
            vec![
                OrderCommand::Place { particulars, lines: vec![line], placed_at: at(0) },
                OrderCommand::ConfirmPayment,
                OrderCommand::ConfirmStock,
                dispatch(1, &[(1, 1)]),
                dispatch(2, &[(1, 1)]),
            ]
        });
        let beginning = prop_oneof![2 => Just(vec![]), 1 => driven, 1 => whole];
        (beginning, prop::collection::vec(any_command(code), 1..36)).prop_map(|(first, then)| [first, then].concat())
    })
}

fn any_line() -> impl Strategy<Value = Line> {
    (0..5_u32, any_new_line(any_currency()), any_amount()).prop_map(|(number, line, total)| Line {
        line: number,
        sku: line.sku,
        description: line.description,
        quantity: line.quantity,
        unit_price: line.unit_price,
        total,
    })
}

fn any_placed() -> impl Strategy<Value = Placed> {
    let lines = prop::collection::vec(any_line(), 0..4);
    (any_currency().prop_flat_map(any_particulars), any_time(), lines, any_amount()).prop_map(
        |(Particulars { customer, country, currency, reference, payment_token }, placed_at, lines, total)| Placed {
            customer,
            country,
            currency,
            reference,
            payment_token,
            placed_at,
            lines,
            total,
        },
    )
}

fn any_event() -> impl Strategy<Value = OrderEvent> {
    let fulfilment = || prop::sample::select(FulfilmentStatus::ALL);
    let payment = prop::sample::select(PaymentStatus::ALL);
    let shipped = prop::collection::vec(any::<u32>(), 0..4);
    let drafting = prop_oneof![
        Just(drafted()),
        any_line().prop_map(|line| OrderEvent::LineAdded(LineAdded { line })),
        any_line().prop_map(|line| OrderEvent::LineChanged(LineChanged { line })),
        (0..5_u32).prop_map(|line| OrderEvent::LineRemoved(LineRemoved { line })),
        any_placed().prop_map(OrderEvent::Placed),
    ];
    let waiting = prop::sample::select(vec![
        stock_confirmed(),
        stock_rejected(),
        payment_confirmed(),
        payment_failed(),
        confirmed(),
        held("fraud?"),
        released(),
    ]);
    let shipping = prop_oneof![
        (any_shipment(), shipped, fulfilment()).prop_map(|(shipment, shipped, fulfilment)| {
            OrderEvent::ShipmentDispatched(ShipmentDispatched { shipment, shipped, fulfilment })
        }),
        Just(payment_captured()),
        (any_shipment(), fulfilment())
            .prop_map(|(shipment, fulfilment)| OrderEvent::Delivered(Delivered { shipment, fulfilment })),
        Just(completed()),
    ];
    let cancelled = (any_reason(), fulfilment(), payment, prop::option::of(any_placed())).prop_map(
        |(reason, fulfilment, payment, placed)| {
            OrderEvent::Cancelled(Cancelled { reason, fulfilment, payment, placed: placed.map(Box::new) })
        },
    );
    prop_oneof![3 => drafting, 3 => waiting, 4 => shipping, 1 => cancelled]
}

fn again(command: &OrderCommand) -> Again {
    match command {
        OrderCommand::Draft { .. }
        | OrderCommand::Place { .. }
        | OrderCommand::AddLine { .. }
        | OrderCommand::EditLines { .. } => Again::Counts,
        OrderCommand::ChangeLine { .. }
        | OrderCommand::RemoveLine { .. }
        | OrderCommand::PlaceDraft { .. }
        | OrderCommand::ConfirmStock
        | OrderCommand::RejectStock { .. }
        | OrderCommand::ConfirmPayment
        | OrderCommand::FailPayment { .. }
        | OrderCommand::Confirm
        | OrderCommand::Hold { .. }
        | OrderCommand::Release
        | OrderCommand::RecordDispatch { .. }
        | OrderCommand::RecordDelivery { .. }
        | OrderCommand::Cancel { .. } => Again::Satisfied,
    }
}

/// A line's total in minor units, by whole numbers only.
fn total_in_minor(line: &Line, currency: Currency) -> i128 {
    let price_e4 = (line.unit_price.amount() * Decimal::from(10_000)).to_i128().unwrap();
    let exact = price_e4 * i128::from(line.quantity.get());
    let unit = 10_i128.pow(4 - currency.minor_digits());
    let (whole, rest) = (exact / unit, exact % unit);
    if 2 * rest > unit || (2 * rest == unit && whole % 2 == 1) { whole + 1 } else { whole }
}

fn totals_add_up(order: &OrderState) {
    let Some(particulars) = order.particulars() else { return };
    let minor = |amount| i128::from(particulars.currency.to_minor(amount).unwrap());
    let mut sum = 0;
    for line in order.lines() {
        assert_eq!(minor(line.total), total_in_minor(line, particulars.currency), "{line:?}");
        sum += minor(line.total);
    }
    assert_eq!(minor(order.total()), sum);
    assert!(order.placed().is_none() || order.total() <= MAX_TOTAL);
}

fn moves_along_an_edge(before: &OrderState, after: &OrderState) {
    use {FulfilmentStatus as F, OrderStatus as O, PaymentStatus as P};
    let Some(now) = after.status() else { return };
    match before.status() {
        None => assert!(matches!(now, O::Draft | O::Placed)),
        Some(then) if then == now => {}
        Some(then) => assert!(
            matches!(
                (then, now),
                (O::Draft, O::Placed | O::Cancelled)
                    | (O::Placed, O::Confirmed | O::Cancelled)
                    | (O::Confirmed, O::Completed | O::Cancelled)
            ),
            "{then:?} → {now:?}"
        ),
    }
    let (then, now) = (before.fulfilment(), after.fulfilment());
    assert!(
        then == now
            || matches!(
                (then, now),
                (F::None, F::Reserved)
                    | (F::Reserved, F::PartiallyShipped | F::Shipped | F::Released)
                    | (F::PartiallyShipped, F::Shipped)
                    | (F::Shipped, F::Delivered)
            ),
        "{then:?} → {now:?}"
    );
    let (then, now) = (before.payment(), after.payment());
    assert!(
        then == now
            || matches!((then, now), (P::None, P::Authorized | P::Failed) | (P::Authorized, P::Captured | P::Voided)),
        "{then:?} → {now:?}"
    );
}

/// The parcels as someone counts who reads nothing but the commands that were carried out.
#[derive(Default)]
struct Parcels {
    left: BTreeMap<crate::ShipmentId, bool>,
    pieces: BTreeMap<u32, u64>,
}

impl Parcels {
    fn count(&mut self, command: &OrderCommand, events: &[OrderEvent], after: &OrderState) {
        for event in events {
            match event {
                OrderEvent::ShipmentDispatched(dispatched) => {
                    assert_eq!(self.left.insert(dispatched.shipment, false), None, "one shipment leaves once");
                    let OrderCommand::RecordDispatch { lines, .. } = command else { panic!("{command:?}") };
                    for (line, quantity) in lines {
                        *self.pieces.entry(*line).or_default() += u64::from(quantity.get());
                    }
                    let gone = |line: &Line| self.pieces.get(&line.line).copied().unwrap_or(0);
                    let so_far: Vec<_> = after.lines().iter().map(gone).collect();
                    assert_eq!(so_far, dispatched.shipped.iter().map(|gone| u64::from(*gone)).collect::<Vec<_>>());
                    assert_eq!(dispatched.fulfilment, after.fulfilment());
                }
                OrderEvent::Delivered(delivered) => {
                    assert_eq!(self.left.insert(delivered.shipment, true), Some(false), "what left arrives once");
                    assert_eq!(delivered.fulfilment, after.fulfilment());
                }
                OrderEvent::PaymentCaptured(_) => assert_eq!(self.left.len(), 1, "captured with the first shipment"),
                OrderEvent::Completed(_) => {
                    assert!(self.left.values().all(|arrived| *arrived));
                    assert!(after.lines().iter().all(|line| self.pieces[&line.line] == u64::from(line.quantity.get())));
                }
                OrderEvent::Cancelled(cancelled) => {
                    assert!(self.left.is_empty(), "nothing has left");
                    assert_eq!(cancelled.placed.as_deref(), after.placed());
                }
                OrderEvent::Drafted(_)
                | OrderEvent::LineAdded(_)
                | OrderEvent::LineChanged(_)
                | OrderEvent::LineRemoved(_)
                | OrderEvent::Placed(_)
                | OrderEvent::StockConfirmed(_)
                | OrderEvent::StockRejected(_)
                | OrderEvent::PaymentConfirmed(_)
                | OrderEvent::PaymentFailed(_)
                | OrderEvent::Confirmed(_)
                | OrderEvent::Held(_)
                | OrderEvent::Released(_) => {}
            }
        }
        for line in after.lines() {
            assert!(self.pieces.get(&line.line).is_none_or(|gone| *gone <= u64::from(line.quantity.get())));
        }
        assert_eq!(after.shipments_count(), self.left.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn totals_add_up_statuses_move_along_edges_and_no_more_leaves_than_was_ordered(
        commands in any_commands(), cut in 0..40_usize,
    ) {
        let mut parcels = Parcels::default();
        live::<Order>(&commands, cut, again, |Step { command, before, verdict, after }| {
            totals_add_up(after);
            moves_along_an_edge(before, after);
            assert!(before.placed().is_none() || before.placed() == after.placed(), "what was placed stands");
            if let Ok(events) = verdict {
                parcels.count(command, events, after);
            }
        });
    }

    #[test]
    fn a_line_number_means_one_line_for_ever(commands in any_commands(), cut in 0..40_usize) {
        let mut given_out = 0;
        let events = live::<Order>(&commands, cut, again, |_| {});
        for event in &events {
            if let OrderEvent::LineAdded(added) = event {
                prop_assert_eq!(added.line.line, given_out + 1);
                given_out = added.line.line;
            }
            if let OrderEvent::Placed(placed) = event {
                prop_assert!(placed.lines.is_sorted_by(|a, b| a.line < b.line) && placed.lines[0].line > 0);
            }
        }
    }

    #[test]
    fn orders_survive_any_events(events in prop::collection::vec(any_event(), 0..40)) {
        survives::<Order>(&events);
        let state = Order::fold(&events);
        prop_assert_eq!(state.status().is_none(), state.particulars().is_none());
        let _ = (state.fulfilment(), state.next_shipment_lines(), state.total());
    }
}
