//! The process, as its specification.

use orderflow_engine::{
    Input, StreamName, Tenant, TimeDelta, Timestamp,
    testing::{GivenProcess, given_process, recorded},
};
use rust_decimal::dec;

use super::*;
use crate::{
    Currency, OrderId, Quantity, Sku, UnitPrice,
    order::{self, CancelReason, Line, OrderEvent, Placed, Shortage},
    shipment::{self, Delivered, Dispatched, ShipmentEvent, ShipmentLine},
};

const ORDER: OrderId = OrderId(uuid::Uuid::from_u128(7));
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn sku() -> Sku {
    Sku::new("A").unwrap()
}

fn quantity() -> Quantity {
    Quantity::new(3).unwrap()
}

fn started() -> FulfilmentEvent {
    FulfilmentEvent::Started(Started {
        order: ORDER,
        lines: vec![ShipmentLine { line: 1, sku: sku(), quantity: quantity() }],
        total: dec!(6.00),
        currency: Currency::GBP,
        payment_token: "tok_approve".to_owned(),
        expires_at: NOW + RESERVED_FOR,
    })
}

fn reserved() -> FulfilmentEvent {
    FulfilmentEvent::StockReserved(StockReserved {})
}

fn requested() -> FulfilmentEvent {
    FulfilmentEvent::ShipmentRequested(ShipmentRequested { shipment: ORDER.shipment(1) })
}

fn left() -> FulfilmentEvent {
    FulfilmentEvent::ShipmentLeft(ShipmentLeft { shipment: ORDER.shipment(1) })
}

fn parked() -> FulfilmentEvent {
    FulfilmentEvent::Parked(Parked { reason: "why not".to_owned() })
}

fn noted(whereabouts: Whereabouts) -> FulfilmentEvent {
    FulfilmentEvent::ShipmentNoted(ShipmentNoted { whereabouts })
}

fn placed() -> Input<AnyEvent, Outcome> {
    let unit_price = UnitPrice::new(dec!(2.00)).unwrap();
    let line =
        Line { line: 1, sku: sku(), description: "a".to_owned(), quantity: quantity(), unit_price, total: dec!(6.00) };
    let placed = Placed {
        customer: None,
        country: None,
        currency: Currency::GBP,
        reference: None,
        payment_token: "tok_approve".to_owned(),
        placed_at: NOW,
        lines: vec![line],
        total: dec!(6.00),
    };
    heard(StreamName::new(&Tenant::default(), order::CATEGORY, ORDER), OrderEvent::Placed(placed))
}

fn dispatched() -> Input<AnyEvent, Outcome> {
    let event = Dispatched { order: ORDER, carrier: "c".to_owned(), tracking: None };
    heard(of_shipment(), ShipmentEvent::Dispatched(event))
}

fn delivered() -> Input<AnyEvent, Outcome> {
    heard(of_shipment(), ShipmentEvent::Delivered(Delivered { order: ORDER }))
}

fn of_shipment() -> StreamName {
    StreamName::new(&Tenant::default(), shipment::CATEGORY, ORDER.shipment(1))
}

fn heard(stream: StreamName, event: impl Into<AnyEvent>) -> Input<AnyEvent, Outcome> {
    Input::Event(Box::new(recorded(1, stream, 1, NOW, event.into())))
}

fn came_of(outcomes: impl IntoIterator<Item = Outcome>) -> Input<AnyEvent, Outcome> {
    Input::Outcomes { time: NOW, outcomes: outcomes.into_iter().collect() }
}

fn given(events: impl IntoIterator<Item = FulfilmentEvent>) -> GivenProcess<Fulfilment> {
    given_process(events)
}

#[test]
fn a_placed_order_reserves_its_stock_once() {
    let reserve = Action::Reserve { order: ORDER, sku: sku(), quantity: quantity(), until: NOW + RESERVED_FOR };
    let began = given([]).when(placed()).then([started()]).then_plans([reserve.clone()]);
    let _ = began.when(placed()).then([]).then_plans([reserve]);
}

#[test]
fn reserved_stock_leads_to_payment_and_payment_to_confirmation() {
    let paying = given([started()]).when(came_of([Outcome::Done])).then([reserved()]);
    let confirming = paying
        .then_plans([
            Action::ConfirmStock { order: ORDER },
            Action::Authorize {
                order: ORDER,
                amount: dec!(6.00),
                currency: Currency::GBP,
                token: "tok_approve".to_owned(),
            },
        ])
        .when(came_of([Outcome::Done, Outcome::Done]))
        .then([FulfilmentEvent::PaymentAuthorized(PaymentAuthorized {})]);
    let _ = confirming.then_plans([Action::ConfirmPayment { order: ORDER }]);
}

#[test]
fn too_little_stock_is_undone_shipment_first_and_cancels_the_order() {
    let shortage = Shortage { sku: sku(), wanted: 3, available: 1 };
    let short = vec![shortage.clone()];
    let withdrawing = given([started()])
        .when(came_of([Outcome::Short(shortage)]))
        .then([FulfilmentEvent::StockShort(StockShort { short: short.clone() })])
        .then_plans([Action::Withdraw { order: ORDER, shipment: ORDER.shipment(1) }]);
    let _ = withdrawing
        .when(came_of([Outcome::Done]))
        .then_plans([Action::Release { order: ORDER, sku: sku() }, Action::Void { order: ORDER }])
        .when(came_of([Outcome::Done, Outcome::Done]))
        .then_plans([
            Action::RejectStock { order: ORDER, short: short.clone() },
            Action::Cancel { order: ORDER, reason: CancelReason::OutOfStock { short } },
        ])
        .when(came_of([Outcome::Done, Outcome::Done]))
        .then([FulfilmentEvent::Ended(Ended { end: End::Cancelled })])
        .then_plans([]);
}

#[test]
fn a_provider_that_does_not_answer_is_asked_again_later_and_not_for_ever() {
    let lost = || Outcome::Unknown { reason: "lost".to_owned() };
    let ask_at = NOW + TimeDelta::seconds(1);
    let waiting = given([started(), reserved()])
        .when(came_of([Outcome::Done, lost()]))
        .then([FulfilmentEvent::PaymentUnknown(PaymentUnknown { asked: 1, ask_at })])
        .then_waits_until(Some(ask_at))
        .then_plans([]);
    let asking = waiting
        .when(Input::Deadline { time: NOW })
        .then([])
        .when(Input::Deadline { time: ask_at })
        .then([FulfilmentEvent::ProviderAsked(ProviderAsked { asked: 2 })])
        .then_plans([Action::AskProvider { order: ORDER }]);
    let late = Input::Outcomes { time: NOW + RESERVED_FOR, outcomes: vec![lost()] };
    let _ = asking.when(late).then([FulfilmentEvent::Abandoned(Abandoned { reason: CancelReason::Expired })]);
}

/// Whoever parks it, the goods move on; when it is taken up again it knows.
#[test]
fn what_is_heard_of_a_shipment_while_parked_is_not_forgotten() {
    let shipment = ORDER.shipment(1);
    let parked_there = given([started(), requested(), left(), parked()]);
    let retried = parked_there
        .when(delivered())
        .then([noted(Whereabouts::Arrived)])
        .when(delivered())
        .then([])
        .when(Input::Retry { time: NOW })
        .then([FulfilmentEvent::Retried(Retried {})]);
    let _ = retried
        .when(came_of([Outcome::Done, Outcome::Done]))
        .then([FulfilmentEvent::GoodsIssued(GoodsIssued { shipment })])
        .when(came_of([Outcome::Done]))
        .then([FulfilmentEvent::DispatchRecorded(DispatchRecorded { shipment })])
        .then_plans([Action::RecordDelivery { order: ORDER, shipment }]);

    let before_it_was_asked_for = given([started(), parked()]).when(dispatched()).then([noted(Whereabouts::Left)]);
    let _ = before_it_was_asked_for.when(Input::Retry { time: NOW }).when(came_of([Outcome::Done])).then([reserved()]);
}
