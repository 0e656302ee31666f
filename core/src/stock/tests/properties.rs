use std::collections::{HashMap, HashSet};

use orderflow_engine::{Decider, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::{
    OrderId, Quantity,
    testing::{Again, Step, any_order, any_quantity, any_shipment, any_text, any_time, live, survives},
};

const ORDERS: u32 = 6;

/// An intention, and how many minutes pass before it.
#[derive(Debug, Clone)]
enum Intent {
    Receive(Quantity),
    Adjust(i64),
    Reserve(u32, Quantity),
    Release(u32),
    Expire(u32),
    Ship(u32, u32, Quantity),
}

/// Each order has one time until which it reserves, as its process has: some soon, some after hours, some after days.
fn until(n: u32) -> Timestamp {
    at(i64::from(n - 1) * 10 * 60 + 15)
}

fn any_commands() -> impl Strategy<Value = Vec<StockCommand>> {
    let who = || 1..=ORDERS;
    let intent = prop_oneof![
        2 => any_quantity().prop_map(Intent::Receive),
        1 => prop_oneof![8 => -6..6_i64, 1 => Just(i64::MIN), 1 => Just(i64::MAX)].prop_map(Intent::Adjust),
        8 => (who(), any_quantity()).prop_map(|(n, quantity)| Intent::Reserve(n, quantity)),
        2 => who().prop_map(Intent::Release),
        1 => who().prop_map(Intent::Expire),
        5 => (who(), 1..4_u32, any_quantity()).prop_map(|(n, parcel, quantity)| Intent::Ship(n, parcel, quantity)),
    ];
    let pause = prop_oneof![12 => 0..3_i64, 1 => 5 * 60..15 * 60_i64];
    prop::collection::vec((pause, intent), 1..40).prop_map(|intents| {
        let mut clock = 0;
        let mut command = |(pause, intent)| {
            clock += pause;
            match intent {
                Intent::Receive(quantity) => StockCommand::Receive { quantity },
                Intent::Adjust(delta) => adjust(delta),
                Intent::Reserve(n, quantity) => {
                    StockCommand::Reserve { order: order(n), quantity, until: until(n), now: at(clock) }
                }
                Intent::Release(n) => release(n),
                Intent::Expire(n) => expire(n),
                Intent::Ship(n, parcel, quantity) => {
                    StockCommand::Ship { order: order(n), shipment: shipment(parcel), quantity }
                }
            }
        };
        intents.into_iter().map(&mut command).collect()
    })
}

fn any_event() -> impl Strategy<Value = StockEvent> {
    prop_oneof![
        any_quantity().prop_map(|quantity| StockEvent::Received(Received { quantity })),
        (any::<i64>(), any_text()).prop_map(|(delta, reason)| StockEvent::Adjusted(Adjusted { delta, reason })),
        (any_order(), any_quantity(), any_time()).prop_map(|(order, quantity, until)| StockEvent::Reserved(Reserved {
            order,
            quantity,
            until
        })),
        (any_order(), any_quantity())
            .prop_map(|(order, quantity)| { StockEvent::ReservationReleased(ReservationReleased { order, quantity }) }),
        (any_order(), any_quantity())
            .prop_map(|(order, quantity)| { StockEvent::ReservationExpired(ReservationExpired { order, quantity }) }),
        (any_order(), any_shipment(), any_quantity())
            .prop_map(|(order, shipment, quantity)| { StockEvent::Shipped(Shipped { order, shipment, quantity }) }),
    ]
}

fn again(command: &StockCommand) -> Again {
    match command {
        StockCommand::Receive { .. } | StockCommand::Adjust { .. } => Again::Counts,
        StockCommand::Reserve { .. }
        | StockCommand::Release { .. }
        | StockCommand::Expire { .. }
        | StockCommand::Ship { .. } => Again::Satisfied,
    }
}

/// The shelf as a bookkeeper sees it who reads nothing but the events, and forgets nothing.
#[derive(Default)]
struct Books {
    on_hand: i128,
    open: HashMap<OrderId, i128>,
    reserved_once: HashSet<OrderId>,
    shipped: HashSet<(OrderId, crate::ShipmentId)>,
}

impl Books {
    fn enter(&mut self, event: &StockEvent) {
        match event {
            StockEvent::Received(received) => self.on_hand += i128::from(received.quantity.get()),
            StockEvent::Adjusted(adjusted) => self.on_hand += i128::from(adjusted.delta),
            StockEvent::Reserved(reserved) => {
                assert!(self.reserved_once.insert(reserved.order), "{} reserves twice", reserved.order);
                self.open.insert(reserved.order, i128::from(reserved.quantity.get()));
            }
            StockEvent::ReservationReleased(ReservationReleased { order, quantity })
            | StockEvent::ReservationExpired(ReservationExpired { order, quantity }) => {
                assert_eq!(self.open.remove(order), Some(i128::from(quantity.get())), "what is left is freed");
            }
            StockEvent::Shipped(shipped) => {
                let pieces = i128::from(shipped.quantity.get());
                assert!(self.shipped.insert((shipped.order, shipped.shipment)), "shipped twice");
                let left = self.open.get_mut(&shipped.order).expect("only what is reserved is shipped");
                *left -= pieces;
                self.on_hand -= pieces;
                assert!(*left >= 0, "more shipped than reserved");
                if *left == 0 {
                    self.open.remove(&shipped.order);
                }
            }
        }
        let reserved: i128 = self.open.values().sum();
        assert!(self.on_hand >= reserved && reserved >= 0, "oversold: {} on hand, {reserved} reserved", self.on_hand);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1200))]

    #[test]
    fn stock_is_never_oversold_and_agrees_with_the_books(commands in any_commands(), cut in 0..40_usize) {
        let mut books = Books::default();
        live::<Stock>(&commands, cut, again, |Step { command, before, verdict, after }| {
            verdict.iter().flatten().for_each(|event| books.enter(event));
            assert_eq!(i128::from(after.on_hand()), books.on_hand);
            assert_eq!(i128::from(after.reserved()), books.open.values().sum::<i128>());
            let open: u64 = after.open.values().map(|reservation| u64::from(reservation.quantity)).sum();
            assert_eq!(after.reserved(), open);
            for n in 1..=ORDERS {
                let left = after.reserved_for(order(n)).map(i128::from);
                assert_eq!(left, books.open.get(&order(n)).copied());
            }
            if let (StockCommand::Reserve { quantity, .. }, Err(StockRejection::Short { available })) =
                (command, verdict)
            {
                assert_eq!(u64::from(*available), before.on_hand() - before.reserved());
                assert!(*available < quantity.get(), "refused for lack of what there was");
            }
        });
    }

    #[test]
    fn stock_survives_any_events(events in prop::collection::vec(any_event(), 0..40)) {
        survives::<Stock>(&events);
        let state = Stock::fold(&events);
        let open: u64 = state.open.values().map(|reservation| u64::from(reservation.quantity)).sum();
        prop_assert_eq!(state.reserved(), open);
    }
}
