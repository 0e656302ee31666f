use super::*;

#[test]
fn a_confirmed_order_leaves_whole_and_is_captured() {
    let all = dispatched(1, [12, 4], FulfilmentStatus::Shipped);
    given::<Order>(in_confirmed()).when(dispatch(1, &[(1, 12), (2, 4)])).then([all, payment_captured()]);
}

#[test]
fn it_leaves_in_parts_and_is_captured_once() {
    let part = dispatched(1, [6, 0], FulfilmentStatus::PartiallyShipped);
    given::<Order>(in_confirmed()).when(dispatch(1, &[(1, 6)])).then([part, payment_captured()]);
    let more = dispatched(2, [10, 4], FulfilmentStatus::PartiallyShipped);
    given::<Order>(in_shipping()).when(dispatch(2, &[(2, 4), (1, 4)])).then([more]);
    let rest = dispatched(2, [12, 4], FulfilmentStatus::Shipped);
    given::<Order>(in_shipping()).when(dispatch(2, &[(1, 6), (2, 4)])).then([rest]);
}

#[test]
fn no_more_leaves_than_was_ordered() {
    let exceeds = |line, left| OrderRejection::ExceedsOrdered { line, left };
    refused(&dispatch(2, &[(1, 13)]), [(in_confirmed(), exceeds(1, 12)), (in_shipping(), exceeds(1, 6))]);
    refused(&dispatch(2, &[(3, 1)]), [(in_confirmed(), OrderRejection::NoSuchLine { line: 3 })]);
    refused(&dispatch(2, &[(1, 1), (1, 1)]), [(in_confirmed(), OrderRejection::DuplicateLine { line: 1 })]);
    refused(&dispatch(2, &[]), [(in_confirmed(), OrderRejection::NoLines)]);
}

#[test]
fn a_dispatch_is_recorded_once() {
    satisfied(&dispatch(1, &[(1, 6)]), [in_shipping(), in_completed()]);
    satisfied(&dispatch(1, &[(2, 99)]), [in_shipping()]);
}

#[test]
fn only_a_confirmed_order_leaves_be_it_on_hold() {
    refused(
        &dispatch(2, &[(1, 1)]),
        [
            (vec![], OrderRejection::Missing),
            (in_draft(), OrderRejection::NotPlaced),
            (vec![placed(), stock_confirmed()], OrderRejection::NotConfirmed),
            (in_completed(), OrderRejection::AlreadyCompleted),
            (in_cancelled(), OrderRejection::AlreadyCancelled),
        ],
    );
    let part = dispatched(1, [6, 0], FulfilmentStatus::PartiallyShipped);
    given::<Order>(then(in_confirmed(), [held("address?")]))
        .when(dispatch(1, &[(1, 6)]))
        .then([part, payment_captured()]);
}

#[test]
fn an_order_is_completed_when_every_piece_has_arrived() {
    let all = || then(in_confirmed(), [dispatched(1, [12, 4], FulfilmentStatus::Shipped), payment_captured()]);
    given::<Order>(all()).when(deliver(1)).then([delivered(1, FulfilmentStatus::Delivered), completed()]);
}

#[test]
fn a_part_that_arrives_does_not_complete_it() {
    let in_part = FulfilmentStatus::PartiallyShipped;
    given::<Order>(in_shipping()).when(deliver(1)).then([delivered(1, in_part)]);

    let both = || then(in_shipping(), [dispatched(2, [12, 4], FulfilmentStatus::Shipped)]);
    given::<Order>(both()).when(deliver(2)).then([delivered(2, FulfilmentStatus::Shipped)]);
    let last = then(both(), [delivered(2, FulfilmentStatus::Shipped)]);
    given::<Order>(last).when(deliver(1)).then([delivered(1, FulfilmentStatus::Delivered), completed()]);
}

#[test]
fn only_what_has_left_arrives() {
    let unknown = || OrderRejection::UnknownShipment { shipment: shipment(9) };
    refused(
        &deliver(9),
        [
            (vec![], OrderRejection::Missing),
            (in_draft(), OrderRejection::NotPlaced),
            (vec![placed()], unknown()),
            (in_confirmed(), unknown()),
            (in_shipping(), unknown()),
            (in_completed(), unknown()),
            (in_cancelled(), OrderRejection::AlreadyCancelled),
        ],
    );
    satisfied(&deliver(1), [in_completed()]);
}

#[test]
fn an_order_knows_what_is_still_to_go() {
    let next = |events: Vec<OrderEvent>| Order::fold(&events).next_shipment_lines();
    let balls = |quantity| (1, sku("85048"), pieces(quantity));
    let cards = || (2, sku("22041"), pieces(4));
    assert_eq!(next(in_confirmed()), [balls(12), cards()]);
    assert_eq!(next(in_shipping()), [balls(6), cards()]);
    let balls_gone = dispatched(2, [12, 0], FulfilmentStatus::PartiallyShipped);
    assert_eq!(next(then(in_shipping(), [balls_gone])), [cards()]);
    assert_eq!(next(in_completed()), []);
    assert_eq!(next(in_cancelled()), []);
}

#[test]
fn the_statuses_follow_the_parcels() {
    let statuses = |events: Vec<OrderEvent>| {
        let order = Order::fold(&events);
        (order.status().unwrap(), order.fulfilment(), order.payment(), order.shipments_count())
    };
    let part = FulfilmentStatus::PartiallyShipped;
    assert_eq!(statuses(in_shipping()), (OrderStatus::Confirmed, part, PaymentStatus::Captured, 1));
    let all = then(in_shipping(), [dispatched(2, [12, 4], FulfilmentStatus::Shipped)]);
    assert_eq!(statuses(all), (OrderStatus::Confirmed, FulfilmentStatus::Shipped, PaymentStatus::Captured, 2));
    let done = (OrderStatus::Completed, FulfilmentStatus::Delivered, PaymentStatus::Captured, 1);
    assert_eq!(statuses(in_completed()), done);
}
