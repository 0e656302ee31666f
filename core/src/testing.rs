//! What the tests of all aggregates share: short names for values, and what must hold for whatever a decider lives
//! through.

use std::fmt::Debug;

use orderflow_engine::{Decider, EventCodec, Timestamp};
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{AnyEvent, Country, Currency, OrderId, Quantity, Refusal, ShipmentId, Sku, UnitPrice};

pub(crate) fn order(n: u32) -> OrderId {
    OrderId(Uuid::from_u128(u128::from(n)))
}

pub(crate) fn shipment(n: u32) -> ShipmentId {
    order(1).shipment(n)
}

pub(crate) fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

pub(crate) fn pieces(n: u32) -> Quantity {
    Quantity::new(n).unwrap()
}

pub(crate) fn price(amount: Decimal) -> UnitPrice {
    UnitPrice::new(amount).unwrap()
}

pub(crate) fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

/// So many minutes after the beginning of a day.
pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_timestamp(1_600_000_000 + minutes * 60, 0).unwrap()
}

/// What a command means when it comes a second time, right after it was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It names a goal, which is reached.
    Satisfied,
    /// It names a difference, and makes one more; or it begins something that exists now.
    Counts,
}

/// What one command led to.
pub(crate) struct Step<'a, D: Decider> {
    pub(crate) command: &'a D::Command,
    pub(crate) before: &'a D::State,
    pub(crate) verdict: &'a Result<Vec<D::Event>, D::Rejection>,
    pub(crate) after: &'a D::State,
}

/// Lives through `commands` and gives every event that came of them.
///
/// At each step `check` sees what happened, events pass their codecs, a repeat of the command has no effect, and a
/// rejection is worded for its reader. In the end the state by replay is the state as lived, also from a snapshot that
/// was saved after `cut` commands.
pub(crate) fn live<D>(
    commands: &[D::Command], cut: usize, again: impl Fn(&D::Command) -> Again, mut check: impl FnMut(Step<'_, D>),
) -> Vec<D::Event>
where
    D: Decider,
    D::Command: Debug,
    D::Event: Into<AnyEvent> + Debug + PartialEq,
    D::State: Debug + PartialEq,
    D::Rejection: Refusal + PartialEq,
{
    let mut lived = D::initial();
    let mut resumed = D::initial();
    let mut events = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        if index == cut % commands.len() {
            resumed = saved_and_loaded(&lived);
        }
        let verdict = D::decide(&lived, command);
        let before = lived.clone();
        match &verdict {
            Ok(decided) => {
                for event in decided {
                    passes_its_codecs::<D>(event);
                    lived = D::evolve(lived, event);
                    resumed = D::evolve(resumed, event);
                }
                events.extend_from_slice(decided);
                match again(command) {
                    Again::Satisfied => {
                        assert_eq!(D::decide(&lived, command), Ok(vec![]), "{command:?} once more on {lived:?}");
                    }
                    Again::Counts => {}
                }
            }
            Err(rejection) => reads_well(rejection),
        }
        check(Step { command, before: &before, verdict: &verdict, after: &lived });
    }
    assert_eq!(D::fold(&events), lived, "replayed");
    assert_eq!(saved_and_loaded(&resumed), lived, "from a snapshot and the tail");
    events
}

/// `evolve` takes any event in any state: it has no rules that could fail.
pub(crate) fn survives<D>(events: &[D::Event])
where
    D: Decider,
    D::Event: Into<AnyEvent> + Debug + PartialEq,
    D::State: Debug + PartialEq,
{
    let mut state = D::initial();
    for event in events {
        passes_its_codecs::<D>(event);
        state = D::evolve(state, event);
    }
    assert_eq!(saved_and_loaded(&state), state);
}

fn saved_and_loaded<S: serde::Serialize + serde::de::DeserializeOwned>(state: &S) -> S {
    serde_json::from_slice(&serde_json::to_vec(state).unwrap()).unwrap()
}

fn passes_its_codecs<D>(event: &D::Event)
where
    D: Decider,
    D::Event: Into<AnyEvent> + Debug + PartialEq,
{
    let (kind, body) = (event.kind(), event.encode());
    assert_eq!(&D::Event::decode(kind, &body).unwrap(), event);
    let any: AnyEvent = event.clone().into();
    assert_eq!((any.kind(), any.encode()), (kind, body.clone()));
    assert_eq!(AnyEvent::decode(kind, &body).unwrap(), any);
    assert_eq!(kind.split('.').next(), Some(D::CATEGORY.as_str()));
}

fn reads_well(rejection: &impl Refusal) {
    let (text, code) = (rejection.to_string(), rejection.code());
    assert!(text.contains(':') && !text.ends_with('.'), "says what is wrong: and what to do about it, not '{text}'");
    assert!(text.starts_with(|c: char| !c.is_uppercase()), "'{text}'");
    assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "'{code}'");
}

pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-c]", "\\PC{0,8}"]
}

pub(crate) fn any_time() -> impl Strategy<Value = Timestamp> {
    (0..5000_i64).prop_map(at)
}

pub(crate) fn any_order() -> impl Strategy<Value = OrderId> {
    (1..4_u32).prop_map(order)
}

pub(crate) fn any_shipment() -> impl Strategy<Value = ShipmentId> {
    (1..4_u32).prop_map(shipment)
}

pub(crate) fn any_quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![8 => 1..6_u32, 1 => 1..=Quantity::MAX].prop_map(pieces)
}

pub(crate) fn any_sku() -> impl Strategy<Value = Sku> {
    prop_oneof![Just("85048"), Just("POST"), Just("é 1")].prop_map(sku)
}

pub(crate) fn any_currency() -> impl Strategy<Value = Currency> {
    prop_oneof![6 => Just("GBP"), 1 => Just("JPY"), 1 => Just("BHD")].prop_map(currency)
}

pub(crate) fn any_country() -> impl Strategy<Value = Option<Country>> {
    prop_oneof![Just(None), Just(Some("EIRE")), Just(Some("France"))]
        .prop_map(|country| country.map(|name| Country::new(name).unwrap()))
}

/// Prices as people write them, with zeros at the end and without.
pub(crate) fn any_price() -> impl Strategy<Value = UnitPrice> {
    (0..30_000_i64, 0..=4_u32).prop_map(|(units, decimals)| price(Decimal::new(units, decimals)))
}

/// Amounts that make sense and some that do not.
pub(crate) fn any_amount() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        8 => (0..2000_i64).prop_map(|minor| Decimal::new(minor, 2)),
        1 => (-500..50_000_i64, 0..6_u32).prop_map(|(units, decimals)| Decimal::new(units, decimals)),
        1 => prop_oneof![Just(Decimal::MAX), Just(Decimal::MIN)],
    ]
}
