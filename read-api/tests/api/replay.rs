//! Two ways to the same order: the rows that projections wrote, and the fold of its stream.

use orderflow_core::{
    Currency, Quantity, Sku, UnitPrice,
    order::{CATEGORY, CancelReason, NewLine, Order, OrderCommand, Particulars, Shortage},
};
use orderflow_engine::Decider;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::{
    home::Home,
    world::{World, at, order_id},
};

fn new_line(quantity: u32, cents: i64) -> NewLine {
    NewLine {
        sku: Sku::new("85048").unwrap(),
        description: "A \u{201c}lamp\u{201d}".to_owned(),
        quantity: Quantity::new(quantity).unwrap(),
        unit_price: UnitPrice::new(Decimal::new(cents, 3)).unwrap(),
        currency: Currency::GBP,
    }
}

fn particulars() -> Particulars {
    Particulars {
        customer: None,
        country: None,
        currency: Currency::GBP,
        reference: Some("489434".to_owned()),
        payment_token: "tok_approve".to_owned(),
    }
}

fn beginning() -> impl Strategy<Value = OrderCommand> {
    (prop::collection::vec((1..9_u32, 0..5_000_i64), 1..4), any::<bool>()).prop_map(|(lines, draft)| {
        let lines = lines.into_iter().map(|(quantity, cents)| new_line(quantity, cents)).collect();
        let particulars = particulars();
        if draft {
            OrderCommand::Draft { particulars, lines }
        } else {
            OrderCommand::Place { particulars, lines, placed_at: at(-7) }
        }
    })
}

fn command() -> impl Strategy<Value = OrderCommand> {
    let pieces = |n| Quantity::new(n).unwrap();
    let shipment = |n| order_id(1).shipment(n);
    let short = || vec![Shortage { sku: Sku::new("85048").unwrap(), wanted: 3, available: 1 }];
    prop_oneof![
        1 => (1..9_u32, 0..5_000_i64)
            .prop_map(|(quantity, cents)| OrderCommand::AddLine { line: new_line(quantity, cents) }),
        1 => (1..4_u32, 1..9_u32)
            .prop_map(move |(line, n)| OrderCommand::ChangeLine { line, quantity: pieces(n) }),
        1 => (1..4_u32).prop_map(|line| OrderCommand::RemoveLine { line }),
        4 => Just(OrderCommand::PlaceDraft { placed_at: at(-9) }),
        4 => Just(OrderCommand::ConfirmStock),
        4 => Just(OrderCommand::ConfirmPayment),
        1 => Just(OrderCommand::RejectStock { short: short() }),
        1 => Just(OrderCommand::FailPayment { reason: "no funds".to_owned() }),
        1 => Just(OrderCommand::Hold { reason: "look at it".to_owned() }),
        2 => Just(OrderCommand::Release),
        1 => Just(OrderCommand::Confirm),
        4 => (1..3_u32, 1..4_u32, 1..9_u32).prop_map(move |(n, line, count)| OrderCommand::RecordDispatch {
            shipment: shipment(n),
            lines: vec![(line, pieces(count))],
        }),
        2 => (1..3_u32).prop_map(move |n| OrderCommand::RecordDelivery { shipment: shipment(n) }),
        1 => Just(OrderCommand::Cancel { reason: CancelReason::Requested { note: None } }),
        1 => Just(OrderCommand::Cancel { reason: CancelReason::OutOfStock { short: short() } }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn view_and_replay_agree_at_every_version(
        first in beginning(), commands in prop::collection::vec(command(), 1..25),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agree(Home::file(), std::iter::once(first).chain(commands)));
    }
}

async fn agree(home: Home, commands: impl Iterator<Item = OrderCommand>) {
    let world = World::only(home).await;
    let id = order_id(1);
    let mut state = Order::initial();
    let mut version = 0;
    for (minute, command) in commands.enumerate() {
        let Ok(events) = Order::decide(&state, &command) else { continue };
        if events.is_empty() {
            continue;
        }
        state = events.iter().fold(state, Order::evolve);
        version += events.len();
        world.append(CATEGORY, id, at(minute as i64), events).await;
        world.project().await;
        let by_view = world.get(&format!("/orders/{id}")).await.ok();
        let by_replay = world.get(&format!("/orders/{id}?as_of={version}")).await.ok();
        assert_eq!(by_view, by_replay, "{command:?}");
        let listed = world.walk(&format!("/orders?status={}", by_view["status"].as_str().unwrap()), 10).await;
        assert_eq!(listed.len(), 1, "{command:?}");
        assert_eq!(listed[0]["version"], by_view["version"]);
    }
    assert!(version > 0, "every life begins");
}
