mod properties;

use chrono::TimeDelta;
use orderflow_engine::{Decider, Timestamp, testing::given};

use super::*;
use crate::testing::{at, order, pieces, shipment};

fn received(quantity: u32) -> StockEvent {
    StockEvent::Received(Received { quantity: pieces(quantity) })
}

fn adjusted(delta: i64) -> StockEvent {
    StockEvent::Adjusted(Adjusted { delta, reason: "count".to_owned() })
}

fn adjust(delta: i64) -> StockCommand {
    StockCommand::Adjust { delta, reason: "count".to_owned() }
}

fn reserved(n: u32, quantity: u32) -> StockEvent {
    StockEvent::Reserved(Reserved { order: order(n), quantity: pieces(quantity), until: at(15) })
}

fn reserve(n: u32, quantity: u32) -> StockCommand {
    reserve_at(n, quantity, at(15), at(0))
}

fn reserve_at(n: u32, quantity: u32, until: Timestamp, now: Timestamp) -> StockCommand {
    StockCommand::Reserve { order: order(n), quantity: pieces(quantity), until, now }
}

fn released(n: u32, quantity: u32) -> StockEvent {
    StockEvent::ReservationReleased(ReservationReleased { order: order(n), quantity: pieces(quantity) })
}

fn release(n: u32) -> StockCommand {
    StockCommand::Release { order: order(n) }
}

fn expired(n: u32, quantity: u32) -> StockEvent {
    StockEvent::ReservationExpired(ReservationExpired { order: order(n), quantity: pieces(quantity) })
}

fn expire(n: u32) -> StockCommand {
    StockCommand::Expire { order: order(n) }
}

fn shipped(n: u32, parcel: u32, quantity: u32) -> StockEvent {
    StockEvent::Shipped(Shipped { order: order(n), shipment: shipment(parcel), quantity: pieces(quantity) })
}

fn ship(n: u32, parcel: u32, quantity: u32) -> StockCommand {
    StockCommand::Ship { order: order(n), shipment: shipment(parcel), quantity: pieces(quantity) }
}

#[test]
fn stock_begins_with_its_first_receipt_and_grows_with_each() {
    given::<Stock>([]).when(StockCommand::Receive { quantity: pieces(5) }).then_once([received(5)]);
    let twice = given::<Stock>([received(5)]).when(StockCommand::Receive { quantity: pieces(5) });
    assert_eq!(twice.then_once([received(5)]).on_hand(), 10);
}

#[test]
fn a_count_corrects_the_books_but_not_below_what_is_reserved() {
    given::<Stock>([]).when(adjust(5)).then_once([adjusted(5)]);
    given::<Stock>([received(5)]).when(adjust(-5)).then_once([adjusted(-5)]);
    given::<Stock>([]).when(adjust(0)).then_rejected(StockRejection::NoDifference);
    given::<Stock>([received(5)])
        .when(adjust(-6))
        .then_rejected(StockRejection::BelowReserved { on_hand: 5, reserved: 0 });
    given::<Stock>([received(5), reserved(1, 3)]).when(adjust(-2)).then_once([adjusted(-2)]);
    given::<Stock>([received(5), reserved(1, 3)])
        .when(adjust(-3))
        .then_rejected(StockRejection::BelowReserved { on_hand: 5, reserved: 3 });
}

#[test]
fn a_shelf_has_its_limit() {
    let most = i64::try_from(MAX_ON_HAND).unwrap();
    given::<Stock>([]).when(adjust(most)).then_once([adjusted(most)]);
    given::<Stock>([]).when(adjust(most + 1)).then_rejected(StockRejection::TooMany { on_hand: 0 });
    given::<Stock>([adjusted(most)])
        .when(adjust(i64::MAX))
        .then_rejected(StockRejection::TooMany { on_hand: MAX_ON_HAND });
    given::<Stock>([adjusted(most)])
        .when(StockCommand::Receive { quantity: pieces(1) })
        .then_rejected(StockRejection::TooMany { on_hand: MAX_ON_HAND });
    given::<Stock>([]).when(adjust(i64::MIN)).then_rejected(StockRejection::BelowReserved { on_hand: 0, reserved: 0 });
}

#[test]
fn what_is_available_can_be_reserved() {
    given::<Stock>([received(5)]).when(reserve(1, 5)).then([reserved(1, 5)]);
    given::<Stock>([received(5), reserved(1, 3)]).when(reserve(2, 2)).then([reserved(2, 2)]);
    given::<Stock>([received(5), reserved(1, 3)])
        .when(reserve(2, 3))
        .then_rejected(StockRejection::Short { available: 2 });
    given::<Stock>([]).when(reserve(1, 1)).then_rejected(StockRejection::Short { available: 0 });
}

#[test]
fn an_order_reserves_once_in_its_life() {
    given::<Stock>([received(5), reserved(1, 3)]).when(reserve(1, 3)).then_nothing();
    given::<Stock>([received(5), reserved(1, 3)]).when(reserve(1, 4)).then_nothing();
    for end in [released(1, 3), expired(1, 3), shipped(1, 1, 3)] {
        given::<Stock>([received(5), reserved(1, 3), end]).when(reserve(1, 3)).then_nothing();
    }
    given::<Stock>([received(5), reserved(1, 3)]).when(reserve_at(1, 3, at(15), at(20))).then_nothing();
}

#[test]
fn a_reservation_comes_in_time_and_not_for_too_long() {
    let books = || given::<Stock>([received(5)]);
    books().when(reserve_at(1, 1, at(15), at(14))).then([reserved(1, 1)]);
    books().when(reserve_at(1, 1, at(15), at(15))).then_rejected(StockRejection::ReservationTooLate);
    books().when(reserve_at(1, 1, at(15), at(16))).then_rejected(StockRejection::ReservationTooLate);
    books()
        .when(reserve_at(1, 1, at(0) + MAX_RESERVATION + TimeDelta::microseconds(1), at(0)))
        .then_rejected(StockRejection::ReservationTooLong);
    let state =
        books().when(reserve_at(1, 1, at(0) + MAX_RESERVATION, at(0))).then_once([StockEvent::Reserved(Reserved {
            order: order(1),
            quantity: pieces(1),
            until: at(0) + MAX_RESERVATION,
        })]);
    assert_eq!(state.reserved_until(order(1)), Some(at(24 * 60)));
}

#[test]
fn a_reservation_is_released() {
    given::<Stock>([received(5), reserved(1, 3)]).when(release(1)).then([released(1, 3)]);
    given::<Stock>([received(5), reserved(1, 3), shipped(1, 1, 2)]).when(release(1)).then([released(1, 1)]);
    given::<Stock>([received(5), reserved(1, 3), expired(1, 3)]).when(release(1)).then_nothing();
    given::<Stock>([received(5), reserved(2, 3)]).when(release(1)).then_nothing();
}

#[test]
fn a_reservation_expires() {
    given::<Stock>([received(5), reserved(1, 3)]).when(expire(1)).then([expired(1, 3)]);
    given::<Stock>([received(5), reserved(1, 3), shipped(1, 1, 3)]).when(expire(1)).then_nothing();
    given::<Stock>([]).when(expire(1)).then_nothing();
}

#[test]
fn a_reservation_is_shipped_whole_or_in_parts() {
    let books = || [received(5), reserved(1, 3)];
    given::<Stock>(books()).when(ship(1, 1, 3)).then([shipped(1, 1, 3)]);
    given::<Stock>(books()).when(ship(1, 1, 4)).then_rejected(StockRejection::ExceedsReserved { reserved: 3 });
    let part = given::<Stock>(books()).when(ship(1, 1, 2)).then_once([shipped(1, 1, 2)]);
    assert_eq!((part.on_hand(), part.reserved(), part.reserved_for(order(1))), (3, 1, Some(1)));

    let parted = || [received(5), reserved(1, 3), shipped(1, 1, 2)];
    given::<Stock>(parted()).when(ship(1, 1, 2)).then_nothing();
    given::<Stock>(parted()).when(ship(1, 2, 1)).then([shipped(1, 2, 1)]);
    given::<Stock>(parted()).when(ship(1, 2, 2)).then_rejected(StockRejection::ExceedsReserved { reserved: 1 });
}

#[test]
fn nothing_is_shipped_without_a_reservation() {
    given::<Stock>([received(5)]).when(ship(1, 1, 1)).then_nothing();
    given::<Stock>([received(5), reserved(1, 3), released(1, 3)]).when(ship(1, 1, 3)).then_nothing();
    given::<Stock>([received(5), reserved(1, 3), shipped(1, 1, 3)]).when(ship(1, 2, 1)).then_nothing();
}

#[test]
fn a_settled_order_is_forgotten_once_it_could_not_reserve_again() {
    let later = |minutes| StockEvent::Reserved(Reserved { order: order(2), quantity: pieces(1), until: at(minutes) });
    let past = [received(5), reserved(1, 3), released(1, 3)];
    let a_day_later = 15 + 24 * 60;

    let remembered = Stock::fold(past.iter().chain([&later(a_day_later)]));
    assert!(remembered.settled.contains(order(1)));
    let forgotten = Stock::fold(past.iter().chain([&later(a_day_later + 1)]));
    assert!(!forgotten.settled.contains(order(1)));

    // The reservation that made it forget was not made more than a day before its end: so it is too late by now.
    let now = at(a_day_later + 1) - MAX_RESERVATION;
    let again = reserve_at(1, 3, at(15), now);
    assert_eq!(Stock::decide(&forgotten, &again), Err(StockRejection::ReservationTooLate));
}

#[test]
fn a_snapshot_holds_times_in_microseconds() {
    let state = Stock::fold(&[received(5), reserved(1, 3), released(1, 3), reserved(2, 1)]);
    let saved = serde_json::to_value(&state).unwrap();
    let micros = at(15).timestamp_micros();
    assert_eq!(saved["settled"], serde_json::json!({ "latest": micros, "orders": [[micros, order(1)]] }));
    assert_eq!(serde_json::from_value::<StockState>(saved).unwrap(), state);
}
