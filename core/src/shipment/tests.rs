use orderflow_engine::{Decider, testing::given};
use proptest::prelude::*;

use super::*;
use crate::{
    OrderId,
    testing::{Again, Step, any_order, any_quantity, any_sku, any_text, live, order, pieces, sku, survives},
};

fn lines() -> Vec<ShipmentLine> {
    vec![ShipmentLine { line: 1, sku: sku("85048"), quantity: pieces(12) }]
}

fn requested() -> ShipmentEvent {
    ShipmentEvent::Requested(Requested { order: order(1), lines: lines() })
}

fn request(order: OrderId, lines: Vec<ShipmentLine>) -> ShipmentCommand {
    ShipmentCommand::Request { order, lines }
}

fn packed() -> ShipmentEvent {
    ShipmentEvent::Packed(Packed {})
}

fn dispatched(carrier: &str) -> ShipmentEvent {
    ShipmentEvent::Dispatched(Dispatched {
        order: order(1),
        carrier: carrier.to_owned(),
        tracking: Some("JD01".to_owned()),
    })
}

fn dispatch(carrier: &str) -> ShipmentCommand {
    ShipmentCommand::Dispatch { carrier: carrier.to_owned(), tracking: Some("JD01".to_owned()) }
}

fn delivered() -> ShipmentEvent {
    ShipmentEvent::Delivered(Delivered { order: order(1) })
}

fn failed() -> ShipmentEvent {
    ShipmentEvent::DeliveryFailed(DeliveryFailed { order: order(1), reason: "nobody there".to_owned() })
}

fn fail() -> ShipmentCommand {
    ShipmentCommand::FailDelivery { reason: "nobody there".to_owned() }
}

fn withdrawn() -> ShipmentEvent {
    ShipmentEvent::Withdrawn(Withdrawn { order: order(1) })
}

fn withdraw() -> ShipmentCommand {
    ShipmentCommand::Withdraw { order: order(1) }
}

fn left_with(carrier: &str) -> ShipmentRejection {
    ShipmentRejection::AlreadyDispatched { carrier: carrier.to_owned() }
}

#[test]
fn a_shipment_is_requested_once() {
    let other = ShipmentLine { line: 2, ..lines()[0].clone() };
    given::<Shipment>([]).when(request(order(1), lines())).then([requested()]);
    given::<Shipment>([requested()]).when(request(order(1), vec![other])).then_nothing();
    given::<Shipment>([requested(), dispatched("DHL"), delivered()]).when(request(order(1), lines())).then_nothing();
    given::<Shipment>([requested()])
        .when(request(order(2), lines()))
        .then_rejected(ShipmentRejection::OtherOrder { order: order(1) });
    given::<Shipment>([withdrawn()]).when(request(order(1), lines())).then_rejected(ShipmentRejection::Withdrawn);
}

#[test]
fn a_shipment_names_each_line_once() {
    let twice = [lines(), lines()].concat();
    given::<Shipment>([]).when(request(order(1), vec![])).then_rejected(ShipmentRejection::NoLines);
    given::<Shipment>([]).when(request(order(1), twice)).then_rejected(ShipmentRejection::DuplicateLine { line: 1 });
}

#[test]
fn a_shipment_is_packed_before_it_leaves() {
    given::<Shipment>([]).when(ShipmentCommand::Pack).then_rejected(ShipmentRejection::Missing);
    given::<Shipment>([requested()]).when(ShipmentCommand::Pack).then([packed()]);
    given::<Shipment>([requested(), dispatched("DHL")]).when(ShipmentCommand::Pack).then_nothing();
    given::<Shipment>([requested(), withdrawn()])
        .when(ShipmentCommand::Pack)
        .then_rejected(ShipmentRejection::Withdrawn);
}

#[test]
fn a_shipment_leaves_packed_or_not_and_again_after_a_failed_delivery() {
    given::<Shipment>([]).when(dispatch("DHL")).then_rejected(ShipmentRejection::Missing);
    given::<Shipment>([requested()]).when(dispatch("DHL")).then([dispatched("DHL")]);
    given::<Shipment>([requested(), packed()]).when(dispatch("DHL")).then([dispatched("DHL")]);
    given::<Shipment>([requested(), dispatched("DHL")]).when(dispatch("UPS")).then_rejected(left_with("DHL"));
    given::<Shipment>([requested(), dispatched("DHL"), failed()]).when(dispatch("DHL")).then([dispatched("DHL")]);
    given::<Shipment>([requested(), dispatched("DHL"), delivered()]).when(dispatch("DHL")).then_nothing();
    given::<Shipment>([requested(), dispatched("DHL"), delivered()])
        .when(dispatch("UPS"))
        .then_rejected(ShipmentRejection::AlreadyDelivered);
    given::<Shipment>([requested(), withdrawn()]).when(dispatch("DHL")).then_rejected(ShipmentRejection::Withdrawn);
}

#[test]
fn a_shipment_arrives() {
    let deliver = || ShipmentCommand::Deliver;
    given::<Shipment>([]).when(deliver()).then_rejected(ShipmentRejection::Missing);
    given::<Shipment>([requested(), packed()]).when(deliver()).then_rejected(ShipmentRejection::NotDispatched);
    given::<Shipment>([requested(), dispatched("DHL")]).when(deliver()).then([delivered()]);
    given::<Shipment>([requested(), dispatched("DHL"), failed()])
        .when(deliver())
        .then_rejected(ShipmentRejection::DeliveryFailed);
    given::<Shipment>([withdrawn()]).when(deliver()).then_rejected(ShipmentRejection::Withdrawn);
}

#[test]
fn a_delivery_fails() {
    given::<Shipment>([]).when(fail()).then_rejected(ShipmentRejection::Missing);
    given::<Shipment>([requested()]).when(fail()).then_rejected(ShipmentRejection::NotDispatched);
    given::<Shipment>([requested(), dispatched("DHL")]).when(fail()).then([failed()]);
    given::<Shipment>([requested(), dispatched("DHL"), delivered()])
        .when(fail())
        .then_rejected(ShipmentRejection::AlreadyDelivered);
    given::<Shipment>([withdrawn()]).when(fail()).then_rejected(ShipmentRejection::Withdrawn);
}

#[test]
fn a_shipment_is_withdrawn_until_it_has_left() {
    given::<Shipment>([]).when(withdraw()).then([withdrawn()]);
    given::<Shipment>([requested(), packed()]).when(withdraw()).then([withdrawn()]);
    given::<Shipment>([requested(), dispatched("DHL")]).when(withdraw()).then_rejected(left_with("DHL"));
    given::<Shipment>([requested(), dispatched("DHL"), failed()]).when(withdraw()).then_rejected(left_with("DHL"));
    given::<Shipment>([requested(), dispatched("DHL"), delivered()])
        .when(withdraw())
        .then_rejected(ShipmentRejection::AlreadyDelivered);
    given::<Shipment>([requested()])
        .when(ShipmentCommand::Withdraw { order: order(2) })
        .then_rejected(ShipmentRejection::OtherOrder { order: order(1) });
}

#[test]
fn a_shipment_says_whose_it_is_and_what_it_holds() {
    let sent = Shipment::fold(&[requested(), dispatched("DHL"), failed()]);
    assert_eq!((sent.order(), sent.lines(), sent.has_left()), (Some(order(1)), &lines()[..], true));
    let gone = Shipment::fold(&[requested(), withdrawn()]);
    assert_eq!((gone.order(), gone.lines(), gone.has_left()), (Some(order(1)), &[][..], false));
}

fn any_lines() -> impl Strategy<Value = Vec<ShipmentLine>> {
    let line =
        (1..4_u32, any_sku(), any_quantity()).prop_map(|(line, sku, quantity)| ShipmentLine { line, sku, quantity });
    prop::collection::vec(line, 0..3)
}

fn any_command() -> impl Strategy<Value = ShipmentCommand> {
    prop_oneof![
        4 => (any_order(), any_lines()).prop_map(|(order, lines)| request(order, lines)),
        2 => Just(ShipmentCommand::Pack),
        3 => prop_oneof![Just(dispatch("DHL")), Just(dispatch("UPS"))],
        2 => Just(ShipmentCommand::Deliver),
        3 => Just(fail()),
        1 => any_order().prop_map(|order| ShipmentCommand::Withdraw { order }),
    ]
}

fn any_event() -> impl Strategy<Value = ShipmentEvent> {
    prop_oneof![
        (any_order(), any_lines()).prop_map(|(order, lines)| ShipmentEvent::Requested(Requested { order, lines })),
        Just(packed()),
        (any_order(), any_text(), prop::option::of(any_text())).prop_map(|(order, carrier, tracking)| {
            ShipmentEvent::Dispatched(Dispatched { order, carrier, tracking })
        }),
        Just(delivered()),
        Just(failed()),
        any_order().prop_map(|order| ShipmentEvent::Withdrawn(Withdrawn { order })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_shipment_keeps_its_order_and_never_comes_back_from_having_left(
        commands in prop::collection::vec(any_command(), 1..40), cut in 0..40_usize,
    ) {
        let events = live::<Shipment>(&commands, cut, |_| Again::Satisfied, |Step { before, after, .. }| {
            assert!(before.order().is_none() || before.order() == after.order());
            assert!(after.has_left() || !before.has_left());
            assert!(!before.has_left() || before.lines() == after.lines());
        });
        let times = |kind: fn(&ShipmentEvent) -> bool| events.iter().filter(|event| kind(event)).count();
        let delivered = times(|event| matches!(event, ShipmentEvent::Delivered(_)));
        let dispatched = times(|event| matches!(event, ShipmentEvent::Dispatched(_)));
        let withdrawn = times(|event| matches!(event, ShipmentEvent::Withdrawn(_)));
        prop_assert!(delivered <= 1 && delivered <= dispatched);
        prop_assert!(withdrawn == 0 || dispatched == 0, "withdrawn and sent");
    }

    #[test]
    fn shipments_survive_any_events(events in prop::collection::vec(any_event(), 0..40)) {
        survives::<Shipment>(&events);
    }
}
