//! What must be true when everything has come to rest, and what must have been true all along.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use orderflow_core::{
    AnyEvent, OrderId, Sku,
    fulfilment::{End, Fulfilment, FulfilmentState, Step},
    order::{Order, OrderState, OrderStatus},
    payment::{Payment, PaymentState},
    stock::{Stock, StockEvent},
    views,
};
use orderflow_engine::{
    Decider, EventReader, Position, Recorded, StreamName, Wanted,
    projection::{Changes, Rows},
    replay,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{
    script::SKUS,
    world::{World, sku},
};

type Checked = Result<(), TestCaseError>;

pub(crate) async fn everything(world: &World) -> Checked {
    let log = log(world).await;
    stock_is_never_oversold(&log)?;
    for order in &world.orders {
        an_order_ends_and_its_money_adds_up(world, *order).await?;
    }
    nothing_stays_reserved_for_an_order_that_ended(world).await?;
    views_do_not_depend_on_batches_or_repeats(&log)
}

async fn log(world: &World) -> Vec<Recorded<AnyEvent>> {
    let page = world.store.read_all(Position::START, usize::MAX, &Wanted::ALL).await.expect("readable");
    page.events.iter().map(|event| event.decode().expect("every event decodes")).collect()
}

async fn state<D: Decider>(world: &World, id: impl std::fmt::Display) -> D::State {
    let stream = StreamName::new(&world.tenant, D::CATEGORY, id);
    replay::<D>(&world.store, &stream, |_| true).await.expect("replays").state
}

/// A model that knows nothing of reservations' lives: it only counts.
fn stock_is_never_oversold(log: &[Recorded<AnyEvent>]) -> Checked {
    let mut shelves: HashMap<&str, (i64, i64)> = HashMap::new();
    for event in log {
        let AnyEvent::Stock(stock) = &event.event else { continue };
        let (on_hand, reserved) = shelves.entry(event.stream.id()).or_default();
        match stock {
            StockEvent::Received(received) => *on_hand += i64::from(received.quantity.get()),
            StockEvent::Adjusted(adjusted) => *on_hand += adjusted.delta,
            StockEvent::Reserved(made) => *reserved += i64::from(made.quantity.get()),
            StockEvent::ReservationReleased(released) => *reserved -= i64::from(released.quantity.get()),
            StockEvent::ReservationExpired(expired) => *reserved -= i64::from(expired.quantity.get()),
            StockEvent::Shipped(shipped) => {
                *reserved -= i64::from(shipped.quantity.get());
                *on_hand -= i64::from(shipped.quantity.get());
            }
        }
        prop_assert!(
            *on_hand >= *reserved && *reserved >= 0,
            "{event:?} leaves {on_hand} on hand, {reserved} reserved"
        );
    }
    Ok(())
}

async fn an_order_ends_and_its_money_adds_up(world: &World, order: OrderId) -> Checked {
    let process: FulfilmentState = state::<Fulfilment>(world, order).await;
    let placed: OrderState = state::<Order>(world, order).await;
    let payment: PaymentState = state::<Payment>(world, order.payment()).await;
    match &process {
        FulfilmentState::Ended(End::Completed) => {
            prop_assert_eq!(placed.status(), Some(OrderStatus::Completed));
            prop_assert_eq!(payment.captured(), placed.total());
        }
        FulfilmentState::Ended(End::Cancelled) => {
            prop_assert_eq!(placed.status(), Some(OrderStatus::Cancelled));
            prop_assert_eq!(payment.captured(), Decimal::ZERO);
            prop_assert!(
                !matches!(payment, PaymentState::Authorized(_)),
                "a cancelled order keeps no money: {payment:?}"
            );
            prop_assert!(payment.attempt_in_flight().is_none(), "nobody knows what became of {payment:?}");
        }
        // Somebody cancelled it in the very moment in which its shipment left.
        FulfilmentState::Active { step: Step::Parked { reason, .. }, .. } => {
            prop_assert!(reason.contains("after its shipment had left"), "parked for no good reason: {reason}");
        }
        FulfilmentState::Active { step, .. } => prop_assert!(false, "{order} never ended: {step:?}, {placed:?}"),
        FulfilmentState::Idle => prop_assert!(false, "{order} was forgotten"),
    }
    Ok(())
}

async fn nothing_stays_reserved_for_an_order_that_ended(world: &World) -> Checked {
    let mut parked = BTreeSet::new();
    for order in &world.orders {
        if matches!(state::<Fulfilment>(world, *order).await, FulfilmentState::Active { .. }) {
            parked.insert(*order);
        }
    }
    for number in 0..SKUS {
        let sku: Sku = sku(number);
        let stock = state::<Stock>(world, &sku).await;
        let kept: u64 = parked.iter().filter_map(|order| stock.reserved_for(*order)).map(u64::from).sum();
        prop_assert_eq!(stock.reserved(), kept, "of {}", sku);
    }
    Ok(())
}

/// All at once, one by one, and with every event delivered twice behind a checkpoint: the rows come out the same.
fn views_do_not_depend_on_batches_or_repeats(log: &[Recorded<AnyEvent>]) -> Checked {
    for projection in &views::ALL {
        let mut at_once = BTreeMap::new();
        let mut changes = Changes::new(projection.view);
        let mut singly = BTreeMap::new();
        let mut checkpoint = Position::START;
        for event in log.iter().flat_map(|event| [event, event]) {
            if event.position <= checkpoint {
                continue;
            }
            checkpoint = event.position;
            let mut rows = Rows::default();
            (projection.project)(event, &mut rows);
            changes.push(rows.clone());
            let mut alone = Changes::new(projection.view);
            alone.push(rows);
            alone.apply(&mut singly);
        }
        changes.apply(&mut at_once);
        prop_assert_eq!(at_once, singly, "{}", projection.view.name);
    }
    Ok(())
}
