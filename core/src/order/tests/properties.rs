use std::collections::BTreeMap;

use orderflow_engine::Decider;
use proptest::prelude::*;
use rust_decimal::prelude::ToPrimitive;

use super::{
    strategies::{any_commands, any_event},
    *,
};
use crate::testing::{Again, Step, live, survives};

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

fn a_line_number_means_one_line_for_ever(events: &[OrderEvent]) {
    let mut given_out = 0;
    for event in events {
        if let OrderEvent::LineAdded(added) = event {
            assert_eq!(added.line.line, given_out + 1);
            given_out = added.line.line;
        }
        if let OrderEvent::Placed(placed) = event {
            assert!(placed.lines.is_sorted_by(|a, b| a.line < b.line) && placed.lines[0].line > 0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1200))]

    #[test]
    fn totals_add_up_statuses_move_along_edges_and_no_more_leaves_than_was_ordered(
        commands in any_commands(), cut in 0..40_usize,
    ) {
        let mut parcels = Parcels::default();
        let events = live::<Order>(&commands, cut, again, |Step { command, before, verdict, after }| {
            totals_add_up(after);
            moves_along_an_edge(before, after);
            assert!(before.placed().is_none() || before.placed() == after.placed(), "what was placed stands");
            if let Ok(events) = verdict {
                parcels.count(command, events, after);
            }
        });
        a_line_number_means_one_line_for_ever(&events);
    }

    #[test]
    fn orders_survive_any_events(events in prop::collection::vec(any_event(), 0..40)) {
        survives::<Order>(&events);
        let state = Order::fold(&events);
        prop_assert_eq!(state.status().is_none(), state.particulars().is_none());
        let _ = (state.fulfilment(), state.next_shipment_lines(), state.total());
    }
}
