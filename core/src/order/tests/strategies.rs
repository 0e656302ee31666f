//! Random commands, and random events.

use proptest::prelude::*;

use super::*;
use crate::testing::{
    any_amount, any_country, any_currency, any_price, any_quantity, any_shipment, any_sku, any_text, any_time,
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
pub(super) fn any_commands() -> impl Strategy<Value = Vec<OrderCommand>> {
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

pub(super) fn any_event() -> impl Strategy<Value = OrderEvent> {
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
