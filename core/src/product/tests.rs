use orderflow_engine::{Decider, testing::given};
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};

use super::*;
use crate::{
    Currency,
    testing::{Again, Step, any_currency, any_price, any_sku, any_text, currency, live, price, sku, survives},
};

fn particulars(amount: Decimal) -> Listed {
    Listed {
        sku: sku("85048"),
        description: "15CM CHRISTMAS GLASS BALL".to_owned(),
        price: price(amount),
        currency: Currency::GBP,
    }
}

fn listed() -> ProductEvent {
    ProductEvent::Listed(particulars(dec!(6.95)))
}

fn list(amount: Decimal) -> ProductCommand {
    let Listed { sku, description, price, currency } = particulars(amount);
    ProductCommand::List { sku, description, price, currency }
}

fn described(text: &str) -> ProductEvent {
    ProductEvent::Described(Described { description: text.to_owned() })
}

fn describe(text: &str) -> ProductCommand {
    ProductCommand::Describe { description: text.to_owned() }
}

fn repriced(amount: Decimal, code: &str) -> ProductEvent {
    ProductEvent::PriceChanged(PriceChanged { price: price(amount), currency: currency(code) })
}

fn reprice(amount: Decimal, code: &str) -> ProductCommand {
    ProductCommand::ChangePrice { price: price(amount), currency: currency(code) }
}

fn discontinued() -> ProductEvent {
    ProductEvent::Discontinued(Discontinued {})
}

fn relisted() -> ProductEvent {
    ProductEvent::Relisted(Relisted {})
}

#[test]
fn a_product_is_listed_once() {
    given::<Product>([]).when(list(dec!(6.95))).then([listed()]);
    given::<Product>([listed()]).when(list(dec!(6.950))).then_nothing();
    given::<Product>([listed()]).when(list(dec!(7))).then_rejected(ProductRejection::AlreadyListed);
    given::<Product>([listed(), repriced(dec!(7), "GBP")]).when(list(dec!(7))).then_nothing();
    given::<Product>([listed(), discontinued()]).when(list(dec!(6.95))).then_rejected(ProductRejection::Discontinued);
}

#[test]
fn a_description_is_replaced() {
    given::<Product>([]).when(describe("BALL")).then_rejected(ProductRejection::Missing);
    given::<Product>([listed()]).when(describe("BALL")).then([described("BALL")]);
    given::<Product>([listed(), discontinued()]).when(describe("BALL")).then_rejected(ProductRejection::Discontinued);
}

#[test]
fn a_price_is_replaced_with_its_currency() {
    given::<Product>([]).when(reprice(dec!(7), "GBP")).then_rejected(ProductRejection::Missing);
    given::<Product>([listed()]).when(reprice(dec!(7), "GBP")).then([repriced(dec!(7), "GBP")]);
    given::<Product>([listed()]).when(reprice(dec!(6.95), "EUR")).then([repriced(dec!(6.95), "EUR")]);
    given::<Product>([listed()]).when(reprice(dec!(6.95), "GBP")).then_nothing();
    given::<Product>([listed(), discontinued()])
        .when(reprice(dec!(7), "GBP"))
        .then_rejected(ProductRejection::Discontinued);
}

#[test]
fn a_product_is_discontinued_and_comes_back() {
    given::<Product>([]).when(ProductCommand::Discontinue).then_rejected(ProductRejection::Missing);
    given::<Product>([]).when(ProductCommand::Relist).then_rejected(ProductRejection::Missing);
    given::<Product>([listed()]).when(ProductCommand::Discontinue).then([discontinued()]);
    given::<Product>([listed(), discontinued()]).when(ProductCommand::Relist).then([relisted()]);
    given::<Product>([listed()]).when(ProductCommand::Relist).then_nothing();
}

#[test]
fn only_a_listed_product_is_orderable_and_its_particulars_are_those_of_today() {
    let orderable = |events: &[ProductEvent]| Product::fold(events).orderable();
    assert!(!orderable(&[]));
    assert!(orderable(&[listed()]));
    assert!(!orderable(&[listed(), discontinued()]));
    assert!(orderable(&[listed(), discontinued(), relisted()]));

    let today = Product::fold(&[listed(), described("BALL"), repriced(dec!(7), "EUR"), discontinued()]);
    assert_eq!((today.description(), today.price()), (Some("BALL"), Some(price(dec!(7)))));
    assert_eq!((today.sku(), today.currency()), (Some(&sku("85048")), Some(currency("EUR"))));
}

fn any_command() -> impl Strategy<Value = ProductCommand> {
    prop_oneof![
        2 => (any_sku(), any_text(), any_price(), any_currency())
            .prop_map(|(sku, description, price, currency)| ProductCommand::List { sku, description, price, currency }),
        2 => any_text().prop_map(|description| ProductCommand::Describe { description }),
        2 => (any_price(), any_currency())
            .prop_map(|(price, currency)| ProductCommand::ChangePrice { price, currency }),
        1 => Just(ProductCommand::Discontinue),
        1 => Just(ProductCommand::Relist),
    ]
}

fn any_event() -> impl Strategy<Value = ProductEvent> {
    prop_oneof![
        (any_sku(), any_text(), any_price(), any_currency()).prop_map(|(sku, description, price, currency)| {
            ProductEvent::Listed(Listed { sku, description, price, currency })
        }),
        any_text().prop_map(|description| ProductEvent::Described(Described { description })),
        (any_price(), any_currency())
            .prop_map(|(price, currency)| ProductEvent::PriceChanged(PriceChanged { price, currency })),
        Just(discontinued()),
        Just(relisted()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_product_keeps_its_sku_and_is_never_changed_while_discontinued(
        commands in prop::collection::vec(any_command(), 1..40), cut in 0..40_usize,
    ) {
        live::<Product>(&commands, cut, |_| Again::Satisfied, |Step { before, after, .. }| {
            assert!(before.sku().is_none() || before.sku() == after.sku());
            if !before.orderable() && !after.orderable() {
                assert_eq!(before, after);
            }
        });
    }

    #[test]
    fn products_survive_any_events(events in prop::collection::vec(any_event(), 0..40)) {
        survives::<Product>(&events);
    }
}
