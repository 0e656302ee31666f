use orderflow_engine::{Decider, testing::given};
use proptest::prelude::*;

use super::*;
use crate::{
    Country,
    testing::{Again, Step, any_country, any_text, live, survives},
};

fn registered(reference: &str) -> CustomerEvent {
    let country = Some(Country::new("EIRE").unwrap());
    CustomerEvent::Registered(Registered { reference: Some(reference.to_owned()), country })
}

fn register(reference: &str) -> CustomerCommand {
    CustomerCommand::Register { reference: Some(reference.to_owned()), country: Some(Country::new("EIRE").unwrap()) }
}

fn activated() -> CustomerEvent {
    CustomerEvent::Activated(Activated {})
}

fn deactivated() -> CustomerEvent {
    CustomerEvent::Deactivated(Deactivated {})
}

#[test]
fn a_customer_is_registered_once() {
    given::<Customer>([]).when(register("14911")).then([registered("14911")]);
    given::<Customer>([registered("14911")]).when(register("1")).then_rejected(CustomerRejection::AlreadyRegistered);
    given::<Customer>([registered("14911"), deactivated()]).when(register("14911")).then_nothing();
}

#[test]
fn a_customer_is_deactivated_and_comes_back() {
    given::<Customer>([]).when(CustomerCommand::Deactivate).then_rejected(CustomerRejection::Missing);
    given::<Customer>([]).when(CustomerCommand::Activate).then_rejected(CustomerRejection::Missing);
    given::<Customer>([registered("1")]).when(CustomerCommand::Deactivate).then([deactivated()]);
    given::<Customer>([registered("1")]).when(CustomerCommand::Activate).then_nothing();
    given::<Customer>([registered("1"), deactivated()]).when(CustomerCommand::Activate).then([activated()]);
}

#[test]
fn only_an_active_customer_may_order() {
    let may_order = |events: &[CustomerEvent]| Customer::fold(events).may_order();
    assert!(!may_order(&[]));
    assert!(may_order(&[registered("1")]));
    assert!(!may_order(&[registered("1"), deactivated()]));
    assert!(may_order(&[registered("1"), deactivated(), activated()]));
}

fn any_command() -> impl Strategy<Value = CustomerCommand> {
    prop_oneof![
        (prop::option::of(any_text()), any_country())
            .prop_map(|(reference, country)| CustomerCommand::Register { reference, country }),
        Just(CustomerCommand::Activate),
        Just(CustomerCommand::Deactivate),
    ]
}

fn any_event() -> impl Strategy<Value = CustomerEvent> {
    prop_oneof![
        (prop::option::of(any_text()), any_country())
            .prop_map(|(reference, country)| CustomerEvent::Registered(Registered { reference, country })),
        Just(activated()),
        Just(deactivated()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_customer_keeps_its_particulars(
        commands in prop::collection::vec(any_command(), 1..40), cut in 0..40_usize,
    ) {
        live::<Customer>(&commands, cut, |_| Again::Satisfied, |Step { before, after, .. }| {
            assert!(before.particulars().is_none() || before.particulars() == after.particulars());
        });
    }

    #[test]
    fn customers_survive_any_events(events in prop::collection::vec(any_event(), 0..40)) {
        survives::<Customer>(&events);
    }
}
